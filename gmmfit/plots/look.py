"""How a picture is to look, whatever it shows: its size, its axes, its legend, its letters."""

from dataclasses import dataclass

from gmmfit.errors import ArgumentError
from gmmfit.plots.names import LEGENDS

Ends = tuple[float | None, float | None]
# Letters, in points, of a picture of the usual width, in inches, or narrower; wider ones have larger letters.
LETTERS, SMALLEST, USUAL_WIDTH, NARROW = 10.0, 7.0, 9.0, 4.5


@dataclass(frozen=True)
class Look:
    """How a picture is to look; what is None is the kind's own.

    size         width and height in inches
    dpi          dots per inch
    title        above the picture
    xlim, ylim   the ends of the axes, of which one may be None
    xlabel       below the horizontal axis, in place of the column's name
    legend       auto, inside, below, none
    font_size    in points

    Raises:
        ArgumentError: ends are none, or letters have no size.
    """

    size: tuple[float, float] | None = None
    dpi: float | None = None
    title: str | None = None
    xlim: Ends | None = None
    ylim: Ends | None = None
    xlabel: str | None = None
    legend: str = LEGENDS[0]
    font_size: float | None = None

    def __post_init__(self) -> None:
        for name in ("xlim", "ylim"):
            ends = getattr(self, name)
            if ends is not None and None not in ends and not ends[0] < ends[1]:
                raise ArgumentError(f"`{name}` goes from {ends[0]:g} to {ends[1]:g}: give the lower end first")
        if self.legend not in LEGENDS:
            raise ArgumentError(f"`legend` is {self.legend!r}; it must be one of {', '.join(LEGENDS)}")
        if self.font_size is not None and not 1 <= self.font_size <= 100:
            raise ArgumentError(f"`font_size` is {self.font_size:g}; letters have from 1 to 100 points")

    def letters(self, width: float) -> float:
        """The size of letters, in points, in a picture of so many inches."""
        if self.font_size is not None:
            return self.font_size
        return (
            max(SMALLEST, LETTERS * min(1.0, width / NARROW))
            if width < NARROW
            else LETTERS * max(1.0, width / USUAL_WIDTH)
        )


USUAL = Look()

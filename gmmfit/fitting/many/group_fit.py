"""GroupFit: the fit of a group, or why there is none; and Fits, all of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from gmmfit.fitting.many.shared import Shared
from gmmfit.fitting.result import Fit
from gmmfit.model.document import FORMAT, FORMAT_VERSION, Document
from gmmfit.text import escaped
from gmmfit.version import __version__

# How a group ended that has no fit.
FAILED = "failed"


def name_of(group: Mapping[str, str]) -> str:
    """A group in a sentence.

    >>> name_of({"file": "a.csv", "sex": "F"})
    'file = a.csv, sex = F'
    """
    return ", ".join(f"{name} = {escaped(label)}" for name, label in group.items())


@dataclass(frozen=True)
class GroupFit:
    """The fit of one group of rows, or of one column, or why there is none.

    group      what tells it from others: the label in each column that groups are made by, and `file`
    columns    that were fitted
    fit        None where `error` says why
    n_read     the rows of the group, also those that can't be used
    n_missing, n_zero_weight  of these, how many lack a value, and how many weigh nothing
    source, sheet  the table that the rows are from
    shared     what this group has in common with others, if they were fitted together

    >>> from gmmfit import fit_many
    >>> [one] = fit_many({"x": [1.0, 2.0, 4.0, 5.0]}, 1, each=True)
    >>> one.name, one.status, one.n_read
    ('x', 'converged', 4)
    """

    group: dict[str, str]
    columns: tuple[str, ...]
    fit: Fit | None
    error: str = ""
    n_read: int = 0
    n_missing: int = 0
    n_zero_weight: int = 0
    source: str = ""
    sheet: str | None = None
    shared: Shared | None = None

    @property
    def status(self) -> str:
        """How it ended, as a word."""
        return FAILED if self.fit is None else self.fit.status

    @property
    def name(self) -> str:
        """The group in a sentence, such as sex = F, height."""
        return name_of(self.group) or ", ".join(self.columns)

    def to_document(self) -> Document:
        """The gmmfit-model document of the fit with its group; of a group without one the error in its place."""
        document: Document
        if self.fit is None:
            document = {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "generator": f"gmmfit {__version__}",
                "columns": list(self.columns),
                "error": self.error,
            }
        else:
            document = self.fit.to_document()
        head = ("format", "format_version", "generator")
        named = {"group": self.group} if self.group else {}
        shared = {"shared": self.shared.record()} if self.shared else {}
        return {name: document[name] for name in head} | named | document | shared | {"data": self._data()}

    def _data(self) -> dict[str, Any]:
        """What was fitted to, as files have it."""
        left_out = {"n_missing": self.n_missing, "n_zero_weight": self.n_zero_weight}
        n_used = self.n_read - self.n_missing - self.n_zero_weight if self.fit is not None else 0
        return {"source": self.source, "sheet": self.sheet, "n_read": self.n_read, "n_used": n_used} | left_out


class Fits(Sequence[GroupFit]):
    """The fits of all groups, in the order of the table.

    >>> from gmmfit import fit_many
    >>> fits = fit_many({"sex": ["F", "F", "M", "M"], "height": [160, 166, 174, 182]}, 1, by="sex", column="height")
    >>> fits.of("M").mixture.means.tolist()
    [[178.0]]
    """

    def __init__(self, fits: Sequence[GroupFit]) -> None:
        self.fits = tuple(fits)

    @overload
    def __getitem__(self, index: int) -> GroupFit: ...

    @overload
    def __getitem__(self, index: slice) -> "Fits": ...

    def __getitem__(self, index: int | slice) -> "GroupFit | Fits":
        return Fits(self.fits[index]) if isinstance(index, slice) else self.fits[index]

    def __len__(self) -> int:
        return len(self.fits)

    def __iter__(self) -> Iterator[GroupFit]:
        return iter(self.fits)

    def __repr__(self) -> str:
        counts = Counter(one.status for one in self.fits)
        return f"Fits: {len(self)} groups, " + ", ".join(f"{count} {status}" for status, count in counts.items())

    def of(self, *labels: Any) -> Fit:
        """The fit of the group with these labels, or of the column of that name.

        Raises:
            KeyError: there is no such group, or it has no fit.
        """
        wanted = tuple(map(str, labels))
        for one in self.fits:
            if wanted in (tuple(one.group.values()), one.columns, (*one.group.values(), *one.columns)):
                if one.fit is None:
                    raise KeyError(f"{one.name}: {one.error}")
                return one.fit
        raise KeyError(f"no group {', '.join(wanted)}")

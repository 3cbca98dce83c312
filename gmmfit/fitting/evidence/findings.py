"""What a careful reader should know of a fit, as facts: of its rows, its components, its run, and its search."""

from typing import NamedTuple


class NotConverged(NamedTuple):
    """The run ended before its tolerance was reached."""

    iterations: int
    remaining_gain: float | None
    tol: float
    tol_type: str


class FarValue(NamedTuple):
    """So many rows have a value far from all others of a column, named where there are several; next is `beside`."""

    value: float
    beside: float
    rows: float
    column: str = ""


class Heap(NamedTuple):
    """A value that a share of all rows have, far more than any value near it; end is lowest, highest, or empty.

    component is the one, from 1, that describes these rows, or 0.
    """

    value: float
    share: float
    end: str
    component: int
    column: str = ""


class CutOff(NamedTuple):
    """The table ends abruptly: a mixture expects a share of the rows beyond its lowest or highest value, its end.

    window is where the table's rows may lie: between its values, as far as these are its ends; None for no end.
    """

    value: float
    share: float
    end: str
    column: str = ""
    window: tuple[float | None, float | None] = (None, None)


class Rounded(NamedTuple):
    """Values are multiples of a step, and were fitted as exact: sds are too large by this share."""

    step: float
    excess: float
    column: str = ""


class Skewed(NamedTuple):
    """As many log-normal components would gain so much over the normal ones."""

    gain: float


class WeakComponent(NamedTuple):
    """A component, from 1, that is hard to believe in.

    kind      what is wrong with it: narrow, few rows or few values
    sd_ratio  its smallest sd, in any direction, in units of the reference's
    rows      that it holds, by weight, and the share of all that they are
    n_values  how many different values lie within two of its sds, in the column where they are fewest
    value     that more than half of its rows have, a number a column; empty if there is none
    """

    component: int
    kind: str
    sd_ratio: float
    rows: float
    share: float
    n_values: int
    value: tuple[float, ...]


class OnFloor(NamedTuple):
    """A component, from 1, that was kept from shrinking by the floor.

    direction  the combination of columns in which it was, as pairs of a factor and a name; empty in one column
    sd         of that combination
    rows       that it holds, by weight
    mean       a number a column
    value      that more than half of its rows have, a number a column; empty if there is none
    lower      a smallest sd that would let it shrink; 0 where that leads nowhere
    """

    component: int
    direction: tuple[tuple[float, str], ...]
    sd: float
    rows: float
    mean: tuple[float, ...]
    value: tuple[float, ...]
    lower: float


class NoSpread(NamedTuple):
    """A component, from 1, has no spread of its own: errors account for all of it, or it lies in one interval."""

    component: int
    by_errors: bool


class Unseen(NamedTuple):
    """A component, from 1, of which the table's window shows hardly any share."""

    component: int
    share: float


class Boundless(NamedTuple):
    """A component, from 1, has an sd so many times that of the rows: the likelihood has no peak there."""

    component: int
    ratio: float


class ManyParameters(NamedTuple):
    """There are hardly more rows than parameters, or of intervals not more different ones."""

    parameters: int
    rows: int
    components: int
    what: str = "rows"


class Died(NamedTuple):
    """A component, from 1, holds hardly any of n rows; component 0 is one that became empty on the way."""

    component: int
    rows: float = 0.0
    n: float = 0.0


class Coincident(NamedTuple):
    """Two components, from 1, have the same mean and covariance."""

    first: int
    second: int


class Rejected(NamedTuple):
    """A mixture whose log-likelihood is far higher was set aside by the search, and why."""

    higher: float
    why: str


Finding = (
    NotConverged
    | FarValue
    | Heap
    | CutOff
    | Rounded
    | Skewed
    | WeakComponent
    | OnFloor
    | NoSpread
    | Unseen
    | Boundless
    | ManyParameters
    | Died
    | Coincident
    | Rejected
)

"""Step: a state of EM as a fit reports it."""

from dataclasses import dataclass

from gmmfit.model.mixture import Mixture


@dataclass(frozen=True)
class Step:
    """A state of EM: the mixture after `iteration` M steps and the log-likelihood of that very mixture.

    kind      what led there: `init`, `em`, `accelerated` or `newton`
    gradient  length of the log-likelihood's gradient, in standard-error units (component labels taken as known). Its
              square is, next to a peak, one to two times what an EM step gains
    remaining_gain  log-likelihood estimated to be still to come; None where it can't be estimated

    The last two are 0 where rounding would drown the gain.

    >>> from gmmfit import fit
    >>> [step.kind for step in fit([1.0, 2.0, 4.0], 1).history]
    ['init', 'em']
    """

    iteration: int
    log_likelihood: float
    mixture: Mixture
    kind: str
    gradient: float
    remaining_gain: float | None = None

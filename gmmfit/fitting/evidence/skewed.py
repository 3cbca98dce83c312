"""Whether the logarithm of a column would be fitted far better than the column itself."""

from itertools import islice

import numpy as np

from gmmfit.arrays import ascending
from gmmfit.data.rows import Rows, are_exact
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.constraints import Constraints, Floor
from gmmfit.fitting.em.e_step import share_out
from gmmfit.fitting.evidence.findings import Skewed
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.soundness import price
from gmmfit.fitting.settings import Fixed
from gmmfit.model.batch import Batch
from gmmfit.model.mixture import Mixture

# Rows that are looked at, iterations from the posteriors of the fit, and the smallest sd, in sds of all logarithms.
ROWS, ITERATIONS, NARROWEST = 8192, 60, 0.05
# Log-normal components explain a column if less than this share of its rows is so many sds away from each of them.
FAR, SHARE_FAR = 5, 0.001


def skewed(problem: Problem, standard: Mixture, log_likelihood: float) -> list[Skewed]:
    """That as many log-normal components gain more over a fit of one column than BIC charges for one component more.

    log_likelihood is that of the fit in the column's units. The log-normal components are found from the posteriors of
    the fit, so they may gain more still. Where rows are far from them too, the rows are the matter, and not the scale.
    """
    rows, constraints = problem.rows, problem.constraints
    settings = problem.settings
    is_free = not (problem.request.transform or problem.inits.given or settings.constrain or settings.min_sd)
    if not is_free or len(rows.low) > 1 or not are_exact(rows.sample):
        return []
    sample = rows.sample.some(ROWS, np.random.default_rng(0))
    x = rows.units.centre + rows.units.unit * sample.values[:, 0]
    if rows.units.value(float(rows.low[0]), 0) <= 0 or len(ascending(np.log(x))) <= problem.n_components:
        return []
    logs, weights = np.log(x), sample.weights / sample.total_weight
    mean = float(weights @ logs)
    spread = float(np.sqrt(weights @ (logs - mean) ** 2))
    z = Rows(((logs - mean) / spread)[:, None], sample.weights, sample.columns)
    shares = share_out(standard, sample)[0] * weights
    counts = np.maximum(shares.sum(axis=1), np.finfo(float).tiny)
    means = (shares @ z.values) / counts[:, None]
    variances = np.einsum("kn,kn->k", shares, (z.values[:, 0] - means) ** 2) / counts
    start = Batch(
        (counts / counts.sum())[None],
        means[None],
        np.maximum(variances, NARROWEST**2)[None, :, None, None],
        sample.columns,
    )
    within = Constraints(constraints.structure, Fixed(), Floor(np.array([[NARROWEST**2]])))
    *_, last = islice(accelerated(z, start, within, plain=10), ITERATIONS)
    scale = rows.n / sample.total_weight
    sds = np.sqrt(last.batch.covariances[0, :, 0, 0])
    nearest = np.min(np.abs(z.values - last.batch.means[0, :, 0]) / sds, axis=1)
    if weights[nearest > FAR].sum() > SHARE_FAR:
        return []
    of_logs = float(last.log_likelihood[0]) - sample.total_weight * (np.log(spread) + mean)
    gain = of_logs * scale - log_likelihood
    return [Skewed(gain)] if gain > price(problem) else []

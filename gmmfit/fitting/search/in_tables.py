"""The search in many tables at once: the best peak of a model in each, by the rule of the search in one."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from gmmfit.arrays import Array
from gmmfit.fitting.em.acceleration import accelerated
from gmmfit.fitting.em.curvature import newton_is_cheap
from gmmfit.fitting.em.em import State, em
from gmmfit.fitting.em.tables import Numbers, Tables
from gmmfit.fitting.problem.problem import Problem
from gmmfit.fitting.search.follow import Ended, Round, Stream, follow, none_gains_nothing
from gmmfit.fitting.search.search import NO_GAIN
from gmmfit.fitting.search.soundness import DEAD_COUNT, NARROW_SHARE, price, sd_ratios
from gmmfit.fitting.search.starts import with_component
from gmmfit.model.batch import Batch, concatenated
from gmmfit.model.covariance import cholesky, inverse_factors
from gmmfit.model.density import posteriors_and_log_densities, whiten

# Where components are added: at so many rows, with such sds beside the reference's, the best so many of each.
POSITIONS, WIDTHS, BEST_OF_WIDTH = 24, (0.06, 0.12, 0.25, 0.5, 0.9), 3
# Rows that show where; EM steps by which the share of each is found, which begins between these.
SHOWN, WEIGHT_STEPS, SHARES = 1024, 2, (0.005, 0.5)
# Half the distances of halves of a component, in its sds; the share of its variance that the narrower of two has.
APART, NARROWER = (0.4, 0.9), 0.5
# Iterations of the rounds. After the first the best of each kind of start go on, and so many others.
SCREENING, LAST = Round(10, 1), Round(100, 1)
OTHERS = 3
# By so much a mixture may be below one that it contains.
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Answers:
    """The answer in each of T tables, and its log-likelihood (T,)."""

    batch: Batch
    log_likelihoods: Array


# Batches of T starts, one for each table, of several kinds.
Starts = list[list[Batch]]


def best_in_tables(problem: Problem, tables: Tables, starts: Starts, smaller: Answers | None = None) -> Answers:
    """The best peak in each of T tables, from starts of several kinds.

    It is the highest that pays for its doubtful components, none of them on the floor. smaller are the answers of a
    model that this one contains, and it is no lower than they are.
    """
    n_tables, kinds = len(tables.table), np.repeat(np.arange(len(starts)), list(map(len, starts)))
    m = len(kinds)
    # Starts of a table stand together.
    batch = concatenated([batch for kind in starts for batch in kind])[
        np.arange(n_tables * m).reshape(m, n_tables).T.ravel()
    ]
    table = np.repeat(np.arange(n_tables), m)
    stream, references = stream_for(problem, len(tables)), _references(problem, tables)
    if m > len(starts) + OTHERS:
        ended = follow(em, tables.of(table), batch, problem.constraints, SCREENING)
        kept = _kept(_heights_and_marks(problem, ended, references)[1], kinds)
        batch, table = ended.batch[kept], table[kept]
    plateau = None if smaller is None else (smaller.log_likelihoods + NO_GAIN)[table]

    def gain_nothing(state: State, which: Numbers) -> npt.NDArray[np.bool_]:
        return none_gains_nothing(state, which) if plateau is None else state.log_likelihood < plateau[which]

    ended = follow(stream, tables.of(table), batch, problem.constraints, LAST, gain_nothing=gain_nothing)
    heights, marks = _heights_and_marks(problem, ended, references)
    if smaller is not None:
        high = heights >= smaller.log_likelihoods[:, None] - ROUNDING
        marks = np.where(high, marks, -np.inf)
    best = np.argmax(marks, axis=1)
    each = np.arange(n_tables)
    heights = heights[each, best]
    if smaller is not None:
        heights = np.fmax(heights, smaller.log_likelihoods)
    return Answers(ended.batch[best + each * (len(table) // n_tables)], heights)


def grown_starts(problem: Problem, tables: Tables, parents: Batch) -> Starts:
    """Starts with one component more than the parent (T) in each table: added with each of some sds, or halved."""
    starts = [*_added(problem, tables, parents), _halves(parents)]
    return [[problem.completed(batch) for batch in kind] for kind in starts]


def stream_for(problem: Problem, n_rows: int | None) -> Stream:
    """How mixtures are followed to the top of so many exact rows: by Newton's steps where these are cheap."""
    constraints, k, d = problem.constraints, problem.n_components, len(problem.rows.low)
    by_sums = n_rows is not None and constraints.structure.is_linear and constraints.sets is None
    return partial(accelerated, plain=0, newton=n_rows is not None and by_sums and newton_is_cheap(n_rows, k, d))


def _sound(problem: Problem, ended: Ended) -> npt.NDArray[np.bool_]:
    """Which mixtures have neither an empty component nor one on the floor."""
    counts = np.min(ended.batch.normal.weights, axis=-1) * problem.rows.n
    sound: npt.NDArray[np.bool_] = ended.alive & (counts >= DEAD_COUNT) & ~ended.floored
    return sound & np.isfinite(ended.log_likelihoods)


def _references(problem: Problem, tables: Tables) -> Array:
    """By which components are called narrow in each of T tables, (T, D, D): as in the rows themselves."""
    every = slice(None)
    values, weights = tables.part(tables.values, every), tables.part(tables.weights, every)
    n = weights.sum(axis=1)[:, None, None]
    means = weights[:, None] @ values / n
    centred = values - means
    covariances = (centred * weights[..., None]).swapaxes(1, 2) @ centred / n
    of_rows, capped = (np.sqrt(np.diagonal(one)) for one in (problem.rows.covariance, problem.reference_covariance))
    shares = np.minimum(capped / of_rows, 1)
    structure = problem.constraints.structure
    return np.array([structure.project_one(one * np.outer(shares, shares)) for one in covariances])


def _heights_and_marks(problem: Problem, ended: Ended, references: Array) -> tuple[Array, Array]:
    """Log-likelihoods of the mixtures of each table, (T, M), and these less what doubtful components have to pay.

    What is not sound has none. Tied components pay once for being narrow.
    """
    heights = np.where(_sound(problem, ended), ended.log_likelihoods, -np.inf).reshape(len(references), -1)
    normal = ended.batch.normal.covariances
    ratios = sd_ratios(normal, np.repeat(references, heights.shape[1], axis=0))
    n_doubtful = np.sum(ratios[..., 0] < NARROW_SHARE, axis=-1)
    if problem.constraints.structure.tied:
        n_doubtful = np.minimum(n_doubtful, 1)
    return heights, heights - price(problem) * n_doubtful.reshape(heights.shape)


def _kept(marks: Array, kinds: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The positions of the mixtures of each table that go on: the best of each kind (M,), and some others."""
    rest, each, kept = marks.copy(), np.arange(len(marks))[:, None], []
    for kind in range(kinds.max() + 1):
        kept.append(np.argmax(np.where(kinds == kind, marks, -np.inf), axis=1)[:, None])
    first = np.concatenate(kept, axis=1)
    rest[each, first] = -np.inf
    others = np.argsort(-rest, axis=1, kind="stable")[:, :OTHERS]
    return np.asarray((np.concatenate([first, others], axis=1) + each * marks.shape[1]).ravel())


def _added(problem: Problem, tables: Tables, parents: Batch) -> Starts:
    """Starts with a component added where that gains most at once, for each of several widths.

    What it gains is Σ log(1 + weight (N / f - 1)) over rows, f the parent's density, at the best weight.
    """
    values, weights = _shown(tables)
    (t, n, d), normal = values.shape, parents.normal
    factor = cholesky(problem.reference_covariance[None])[0]
    whitened = values @ inverse_factors(factor[None])[0].T
    positions = _positions(whitened, weights)
    centres = np.take_along_axis(whitened, positions[..., None], axis=1)
    squares = np.zeros((t, POSITIONS, n))
    for column in range(d):
        squares += (centres[:, :, None, column] - whitened[:, None, :, column]) ** 2
    logs = np.array([[posteriors_and_log_densities(parents[i], whiten(parents[i], values[i]))[1]] for i in range(t)])
    starts = []
    for width in WIDTHS:
        log_scale = d * np.log(width) + np.log(np.diagonal(factor)).sum() + d / 2 * np.log(2 * np.pi)
        ratios = np.exp(np.minimum(-squares / (2 * width**2) - log_scale - logs, 600)) - 1
        share = _best_share(ratios, weights)
        gains = np.einsum("tpn,tn->tp", np.log1p(share[..., None] * ratios), weights)
        order, kind = np.argsort(-gains, axis=1, kind="stable"), []
        covariance = np.broadcast_to(width**2 * problem.reference_covariance, (t, d, d))
        for number in range(BEST_OF_WIDTH):
            chosen, each = order[:, number], np.arange(t)
            weight = np.clip(share[each, chosen], 2 / n, 0.9)
            mean = values[each, positions[each, chosen]]
            left = 1 - weight
            # Noise keeps its share of what is left.
            total = normal.weights.sum(axis=1)
            kind.append(with_component(normal, normal.weights * left[:, None], weight * total, mean, covariance))
        starts.append(kind)
    return starts


def _best_share(ratios: Array, weights: Array) -> Array:
    """The shares s (T, P) of rows with which Σ log(1 + s ratio) is about highest, for ratios (T, P, n) from -1 on."""
    n = weights.sum(axis=1)[:, None]
    firsts, seconds = np.einsum("tpn,tn->tp", ratios, weights), np.einsum("tpn,tpn,tn->tp", ratios, ratios, weights)
    share = np.clip(firsts / np.maximum(seconds, 1e-300), *SHARES)
    for _ in range(WEIGHT_STEPS):
        quotients = 1 + ratios
        quotients /= 1 + share[..., None] * ratios
        share = share * np.einsum("tpn,tn->tp", quotients, weights) / n
    return np.asarray(share)


def _shown(tables: Tables) -> tuple[Array, Array]:
    """Values (T, n, D) and weights (T, n) of each table, of many rows some."""
    t, n = len(tables.table), len(tables)
    every = slice(None)
    values = np.broadcast_to(tables.part(tables.values, every), (t, n, tables.values.shape[2]))
    weights = np.broadcast_to(tables.part(tables.weights, every), (t, n))
    step = -(-n // SHOWN) if len(tables.weights) == 1 else 1  # points of a grid are few, and have numbers of rows
    return values[:, ::step], weights[:, ::step] * step


def _positions(values: Array, weights: Array) -> npt.NDArray[np.intp]:
    """The numbers (T, P) of rows that part those of each table evenly along its first column, the ends among them."""
    order = np.argsort(values[..., 0], axis=1, kind="stable")
    upto = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    shares = (np.arange(POSITIONS) + 0.5) / POSITIONS
    at = np.array([np.searchsorted(own, own[-1] * shares) for own in upto])
    at[:, 0] = np.argmax(upto > 0, axis=1)
    at[:, -1] = np.argmax(upto >= upto[:, -1:], axis=1)
    return np.take_along_axis(order, at, axis=1)


def _halves(parents: Batch) -> list[Batch]:
    """Starts with one component halved: apart along its longest axis, or one half narrower and one wider."""
    starts, normal = [], parents.normal
    for k in range(normal.n_components):
        weights, covariance = normal.weights.copy(), normal.covariances[:, k]
        weights[:, k] /= 2
        sizes, axes = np.linalg.eigh(covariance)
        axis = np.sqrt(np.maximum(sizes[:, -1:], 0)) * axes[..., -1]
        for apart in APART:
            means, covariances = normal.means.copy(), normal.covariances.copy()
            means[:, k] += apart * axis
            inner = covariance - apart**2 * 0.9 * axis[:, :, None] * axis[:, None, :]
            covariances[:, k] = inner
            moved = replace(normal, weights=weights, means=means, covariances=covariances)
            starts.append(with_component(moved, weights, weights[:, k], normal.means[:, k] - apart * axis, inner))
        covariances = normal.covariances.copy()
        covariances[:, k] *= NARROWER
        changed = replace(normal, weights=weights, covariances=covariances)
        starts.append(with_component(changed, weights, weights[:, k], normal.means[:, k], covariance * (2 - NARROWER)))
    return starts

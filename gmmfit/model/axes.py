"""Covariances by their axes: volume, shape and orientation, each alike in all components or of each its own.

covariance[k] = orientation[k] diag(volume[k] shape[k]) orientation[k]ᵀ, with the product of a shape's D numbers 1.
"""

import numpy as np

from gmmfit.arrays import Array

# Iterations within an M step end where nothing changes by more than this share, or after so many.
NEGLIGIBLE, MOST_ITERATIONS = 1e-13, 200
# An angle below which an axis hasn't moved, and how often all pairs of axes are turned in an M step.
LEAST_ANGLE, SWEEPS = 1e-10, 40
# An axis is no shorter than this, beside the longest, while others are found from it.
THINNEST = 1e-12
# The smallest variance that counts of rows can be divided by.
SMALLEST = 1e-200


def from_axes(orientations: Array, axes: Array) -> Array:
    """Covariances (…, K, D, D) from orientations (…, K, D, D) and the variances (…, K, D) along their axes."""
    covariances = (orientations * axes[..., None, :]) @ orientations.swapaxes(-1, -2)
    symmetric: Array = (covariances + covariances.swapaxes(-1, -2)) / 2
    return symmetric


def alike_in_shape(axes: Array, counts: Array) -> Array:
    """Variances (…, K, D) along axes that have one shape in all components, each with a volume of its own.

    The volume given the shape is the mean of axis / shape, and the shape that of the sum of counts · axis / volume.

    Source: Celeux & Govaert (1995), Gaussian parsimonious clustering models, section 4.3.
    """
    axes = _no_flatter(axes)
    volumes = axes.mean(axis=-1)
    shape = np.ones_like(axes[..., 0, :])
    for _ in range(MOST_ITERATIONS):
        shape = np.einsum("...k,...kj->...j", counts / volumes, axes)
        shape /= _geometric_mean(shape)[..., None]
        before, volumes = volumes, np.mean(axes / shape[..., None, :], axis=-1)
        if np.all(np.abs(volumes - before) <= NEGLIGIBLE * before):
            break
    result: Array = volumes[..., None] * shape[..., None, :]
    return result


def alike_in_volume(axes: Array, counts: Array) -> Array:
    """Variances (…, K, D) along axes that have one volume, each component with a shape of its own.

    Source: Celeux & Govaert (1995), section 4.4.
    """
    axes = _no_flatter(axes)
    volumes = _geometric_mean(axes)
    volume = np.sum(counts * volumes, axis=-1) / counts.sum(axis=-1)
    result: Array = axes * (volume[..., None] / volumes)[..., None]
    return result


def alike_but_for_volume(covariances: Array, counts: Array) -> Array:
    """Covariances (…, K, D, D) that are one, each component with a volume of its own.

    Source: Celeux & Govaert (1995), section 4.2.
    """
    d = covariances.shape[-1]
    volumes = _no_flatter(np.trace(covariances, axis1=-2, axis2=-1) / d)
    common = covariances[..., 0, :, :]
    for _ in range(MOST_ITERATIONS):
        common = np.einsum("...k,...kij->...ij", counts / volumes, covariances)
        sizes, axes = np.linalg.eigh(common)
        sizes = _no_flatter(sizes)
        sizes /= _geometric_mean(sizes)[..., None]
        common = from_axes(axes, sizes)
        inverse = from_axes(axes, 1 / sizes)
        before, volumes = volumes, _no_flatter(np.einsum("...kij,...ij->...k", covariances, inverse) / d)
        if np.all(np.abs(volumes - before) <= NEGLIGIBLE * before):
            break
    result: Array = volumes[..., None, None] * common[..., None, :, :]
    return result


def common_orientation(covariances: Array, counts: Array, like: Array, one_volume: bool) -> tuple[Array, Array]:
    """Axes (…, D, D) that all components share, and the variances (…, K, D) of each along them.

    From the axes of `like`, covariances (…, K, D, D) of the step before, pair after pair of axes is turned to where the
    likelihood is highest for the variances along them: that angle has a closed form, and no turn lowers it.

    Source: Flury & Gautschi (1986), An algorithm for simultaneous orthogonal transformation of several positive
    definite symmetric matrices to nearly diagonal form; the model: Browne & McNicholas (2014), Estimating common
    principal components in high dimensions.
    """
    d = covariances.shape[-1]
    shares = counts / counts.sum(axis=-1, keepdims=True)
    _, common = np.linalg.eigh(np.einsum("...k,...kij->...ij", shares, _unit_volume(like)))
    turned = common.swapaxes(-1, -2)[..., None, :, :] @ covariances @ common[..., None, :, :]
    axes = np.empty(0)
    for _ in range(SWEEPS):
        axes = np.diagonal(turned, axis1=-2, axis2=-1)
        axes = alike_in_volume(axes, counts) if one_volume else _no_flatter(axes)
        largest = 0.0
        for i in range(d):
            for j in range(i + 1, d):
                # What is to be least is Σ counts (1/axes[i] - 1/axes[j]) (half cos 2a + turned[i, j] sin 2a).
                pull = shares * (1 / axes[..., i] - 1 / axes[..., j])
                half = (turned[..., i, i] - turned[..., j, j]) / 2
                cosine, sine = np.sum(pull * half, axis=-1), np.sum(pull * turned[..., i, j], axis=-1)
                angle = np.where((cosine == 0) & (sine == 0), 0.0, np.arctan2(-sine, -cosine) / 2)
                largest = max(largest, float(np.abs(angle).max(initial=0.0)))
                turn = _rotation(angle, i, j, d)
                common = common @ turn
                turned = turn.swapaxes(-1, -2)[..., None, :, :] @ turned @ turn[..., None, :, :]
        if largest < LEAST_ANGLE:
            break
    axes = np.diagonal(turned, axis1=-2, axis2=-1)
    return common, alike_in_volume(axes, counts) if one_volume else axes


def _rotation(angle: Array, i: int, j: int, d: int) -> Array:
    """The turn by angles (…) in the plane of two of d axes, (…, D, D)."""
    turn = np.broadcast_to(np.eye(d), (*angle.shape, d, d)).copy()
    cosine, sine = np.cos(angle), np.sin(angle)
    turn[..., i, i], turn[..., j, j], turn[..., j, i], turn[..., i, j] = cosine, cosine, sine, -sine
    return turn


def _unit_volume(covariances: Array) -> Array:
    """The covariances (…, K, D, D) each in units of its mean variance."""
    means = np.trace(covariances, axis1=-2, axis2=-1)
    return covariances / np.where(means > 0, means, 1)[..., None, None]


def _no_flatter(axes: Array) -> Array:
    """Variances (…, D) along axes, or of components, none of them next to nothing beside the largest."""
    least = np.maximum(THINNEST * axes.max(axis=-1, keepdims=True), SMALLEST)
    return np.asarray(np.maximum(axes, least))


def _geometric_mean(axes: Array) -> Array:
    """Of variances (…, D), (…)."""
    return np.asarray(np.exp(np.log(axes).mean(axis=-1)))

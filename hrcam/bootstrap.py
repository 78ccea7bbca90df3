"""Refit a head on resampled images: how certain its weights are.

Images are drawn anew by subject, as many subjects as there are, with replacement. Every
refit starts from the full fit and shares its Hessian as preconditioner; all refits are
solved together, so a hundred cost about as much as a few.
"""

import numpy as np
from jaxtyping import Float, Int, Shaped

from hrcam.heads import Head
from hrcam.logistic import centered, fit_path, subspace
from hrcam.newton import solve
from hrcam.pools import Features, Labels, Pool
from hrcam.problems import Design, Problems
from hrcam.standard import Standard, standardize

#: Heads that can be refitted.
REFITTED = ("hotelling", "convex", "pattern", "centroid")

#: Draws after which a sample that holds every class is given up.
DRAWS = 1000

#: Refits solved together.
TOGETHER = 64


def bootstrap(
    training: Pool,
    head: Head,
    *,
    refits: int = 200,
    seed: int = 0,
    groups: Shaped[np.ndarray, " n"] | None = None,
) -> dict[str, Float[np.ndarray, "r c k"]]:
    """Refit a head on images resampled by subject.

    Parameters
    ----------
    training
        Pooled features that the head was fitted on.
    head
        The full fit, one of :data:`REFITTED`. Its penalty is not chosen anew, and
        neither is what ``hotelling`` whitens and balances by: the class means are.
    refits
        How many. The first are the same for any number.
    seed
        Of the draws; one stream per refit.
    groups
        Subject of each image; every image its own by default.

    Returns
    -------
    weights
        By layer, (refits, channels, classes), for raw features and centered over the
        classes, as in :class:`hrcam.heads.Head`. The standardization is the full fit's.

    Raises
    ------
    ValueError
        If the head cannot be refitted, or some class is never drawn.
    """
    if head.name not in REFITTED:
        msg = f"head must be one of {', '.join(REFITTED)}, got {head.name!r}"
        raise ValueError(msg)
    classes = len(head.bias)
    shares = resample(training.labels, classes, refits, seed, groups)
    if head.refit is not None:
        means = _means(training, shares, classes)
        return head.refit(_cut(means, training))
    standard = standardize(training)
    inside = standard.apply(training)
    if head.name == "centroid":
        tables = _means(inside, shares, classes)
    else:
        tables = _refit(inside, shares, classes, head.penalty)
    if head.name == "pattern":
        tables = _patterns(inside.features, shares, tables)
    return _by_layer(tables, standard, training)


def resample(
    labels: Labels,
    classes: int,
    refits: int,
    seed: int,
    groups: Shaped[np.ndarray, " n"] | None = None,
) -> Float[np.ndarray, "n r"]:
    """Return how much each image counts in each refit; columns add up to 1.

    A draw without some class is drawn again.

    Raises
    ------
    ValueError
        If :data:`DRAWS` draws in a row lack a class.
    """
    subjects = np.arange(len(labels)) if groups is None else groups
    _, member = np.unique(subjects, return_inverse=True)
    columns = [
        _draw(np.random.default_rng([seed, refit]), member, labels, classes)
        for refit in range(refits)
    ]
    counts = np.stack(columns, axis=1).astype(np.float64)
    return counts / counts.sum(axis=0)


def _draw(
    rng: np.random.Generator,
    member: Int[np.ndarray, " n"],
    labels: Labels,
    classes: int,
) -> Int[np.ndarray, " n"]:
    """Draw subjects with replacement; return how often each image was drawn."""
    subjects = int(member.max()) + 1
    for _ in range(DRAWS):
        drawn = rng.integers(0, subjects, subjects)
        counts = np.bincount(drawn, minlength=subjects)[member]
        if len(set(labels[counts > 0].tolist())) == classes:
            return counts
    msg = (
        f"every class must have subjects enough to be drawn, got none of some class in "
        f"{DRAWS} draws of {subjects} subjects; resample by image"
    )
    raise ValueError(msg)


def _refit(
    inside: Pool, shares: Float[np.ndarray, "n r"], classes: int, penalty: float
) -> Float[np.ndarray, "r d k"]:
    """Refit the convex head on standardized features, from the full fit."""
    features, turn = subspace(inside.features)
    layers = (("turned", features.shape[1]),)
    weights, bias = fit_path(Pool(layers, features, inside.labels), classes, [penalty])[
        0
    ]
    design = Design(np.column_stack([features, np.ones(len(features))]))
    truth = np.eye(classes)[inside.labels]
    tables, factor = [], None
    for first in range(0, shares.shape[1], TOGETHER):
        problems = Problems(design, truth, shares[:, first : first + TOGETHER], penalty)
        begin = np.vstack([weights, bias]) @ problems.basis.T
        count = problems.shares.shape[1]
        start = np.repeat(begin[:, :, None], count, axis=2)
        found, factor = solve(problems, start, factor)
        tables.append(np.einsum("dmr,mk->rdk", found[:-1], problems.basis))
    table = np.concatenate(tables)
    return table if turn is None else np.einsum("dj,rjk->rdk", turn, table)


def _means(
    inside: Pool, shares: Float[np.ndarray, "n r"], classes: int
) -> Float[np.ndarray, "r d k"]:
    """Return each class's mean features in every resample."""
    tables = []
    for label in range(classes):
        part = shares * (inside.labels == label)[:, None]
        tables.append(inside.features.T @ (part / part.sum(axis=0)))
    return np.stack(tables, axis=-1).swapaxes(0, 1)


def _patterns(
    features: Features,
    shares: Float[np.ndarray, "n r"],
    tables: Float[np.ndarray, "r d k"],
) -> Float[np.ndarray, "r d k"]:
    """Return the covariance in every resample times that refit's weights."""
    out = np.empty_like(tables)
    for refit, table in enumerate(tables):
        share = shares[:, refit]
        responses = features @ table
        responses -= share @ responses
        out[refit] = features.T @ (share[:, None] * responses)
    return out


def _by_layer(
    tables: Float[np.ndarray, "r d k"], standard: Standard, training: Pool
) -> dict[str, Float[np.ndarray, "r c k"]]:
    """Fold the scale back, center over the classes and cut at the layers."""
    return _cut(centered(tables) * standard.scale[:, None], training)


def _cut(
    tables: Float[np.ndarray, "r d k"], pool: Pool
) -> dict[str, Float[np.ndarray, "r _ k"]]:
    """Cut tables at the layers."""
    return {name: tables[:, pool.columns((name,))] for name, _ in pool.layers}

"""Exact optimal transport between a few hundred places, by shortest paths."""

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.counting.compiled import compiled


def cheapest(
    supply: Float[np.ndarray, " s"],
    demand: Float[np.ndarray, " d"],
    costs: Float[np.ndarray, "s d"],
) -> float:
    """Return the least cost of carrying a supply to a demand of the same sum.

    Parameters
    ----------
    supply, demand
        What each place gives and takes, not negative.
    costs
        Cost of one unit from each giver to each taker, not negative.

    Notes
    -----
    One giver after the other, those with a taker close by first, sends what it has
    along the cheapest path to a taker that still wants some; a path may take back what
    others sent. Sums that differ in their last digits leave a rest of that size, which
    is dropped.

    Examples
    --------
    >>> cheapest(np.array([0.5, 0.5]), np.array([1.0]), np.array([[1.0], [3.0]]))
    2.0
    """
    if not costs.size:
        return 0.0
    order = np.argsort(costs.min(axis=1), kind="stable")
    costs = np.ascontiguousarray(costs[order])
    flows = np.zeros_like(costs)
    prices = np.zeros(len(supply)), costs.min(axis=0)
    send_all(supply[order], demand.copy(), costs, flows, prices)
    return float((flows * costs).sum())


Prices = tuple[Float[np.ndarray, " s"], Float[np.ndarray, " d"]]


@compiled
def send_all(
    rest: Float[np.ndarray, " s"],
    wanted: Float[np.ndarray, " d"],
    costs: Float[np.ndarray, "s d"],
    flows: Float[np.ndarray, "s d"],
    prices: Prices,
) -> None:
    """Send every giver's rest; all but ``costs`` are written."""
    givers, takers = costs.shape
    # The giver through which a taker was reached, the taker that led to a giver.
    via, back = np.empty(takers, np.int64), np.empty(givers, np.int64)
    for start in range(givers):
        while rest[start] > 0:
            end = reach(start, wanted, (costs, flows), prices, via, back)
            if end < 0:
                break
            most = min(rest[start], wanted[end])
            taker = end
            while via[taker] != start:
                giver = via[taker]
                taker = back[giver]
                most = min(most, flows[giver, taker])
            rest[start] -= most
            wanted[end] -= most
            taker = end
            flows[via[taker], taker] += most
            while via[taker] != start:
                giver = via[taker]
                taker = back[giver]
                flows[giver, taker] -= most
                flows[via[taker], taker] += most


@compiled
def reach(
    start: int,
    wanted: Float[np.ndarray, " d"],
    plan: tuple[Float[np.ndarray, "s d"], Float[np.ndarray, "s d"]],
    prices: Prices,
    via: Int[np.ndarray, " d"],
    back: Int[np.ndarray, " s"],
) -> int:
    """Find the cheapest path from a giver to a taker that wants some; -1 if none does.

    Dijkstra's method on costs less prices, for the ``plan`` of costs and flows; prices
    are then moved so that costs less prices stay at or above 0, and at 0 wherever
    something flows. ``via`` and ``back`` say how each place was reached.
    """
    costs, flows = plan
    givers, takers = costs.shape
    lengths, starts = np.full(takers, np.inf), np.full(givers, np.inf)
    settled = np.zeros(takers, np.bool_)
    starts[start] = 0.0
    relax(start, starts, lengths, settled, (costs, *prices), via)
    while True:
        near = nearest(lengths, settled)
        if near < 0:
            return -1
        settled[near] = True
        if wanted[near] > 0:
            break
        for giver in range(givers):
            if flows[giver, near] > 0 and np.isinf(starts[giver]):
                starts[giver], back[giver] = lengths[near], near
                relax(giver, starts, lengths, settled, (costs, *prices), via)
    for giver in range(givers):
        if np.isfinite(starts[giver]):
            prices[0][giver] += lengths[near] - starts[giver]
    for taker in range(takers):
        if settled[taker]:
            prices[1][taker] -= lengths[near] - lengths[taker]
    return near


@compiled
def nearest(lengths: Float[np.ndarray, " d"], settled: Bool[np.ndarray, " d"]) -> int:
    """Return the taker with the shortest path that is not settled, -1 for none."""
    near = -1
    for taker in range(lengths.size):
        if not settled[taker] and (near < 0 or lengths[taker] < lengths[near]):
            near = taker
    return near


Priced = tuple[
    Float[np.ndarray, "s d"], Float[np.ndarray, " s"], Float[np.ndarray, " d"]
]


@compiled
def relax(
    giver: int,
    starts: Float[np.ndarray, " s"],
    lengths: Float[np.ndarray, " d"],
    settled: Bool[np.ndarray, " d"],
    priced: Priced,
    via: Int[np.ndarray, " d"],
) -> None:
    """Shorten the paths that go on from a giver."""
    costs, giver_prices, taker_prices = priced
    for taker in range(lengths.size):
        if not settled[taker]:
            price = giver_prices[giver] + taker_prices[taker]
            length = starts[giver] + (costs[giver, taker] - price)
            if length < lengths[taker]:
                lengths[taker] = length
                via[taker] = giver

"""The solver against finite differences, plain loops and problems solved alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from hrcam import newton
from hrcam.newton import TOLERANCE, factorize, solve
from hrcam.problems import Design, Problems, evaluate


def make_problems(seed=0, images=30, width=5, classes=3, refits=2, penalty=0.05):
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.normal(size=(images, width)), np.ones(images)])
    truth = np.eye(classes)[np.arange(images) % classes]
    shares = rng.random((images, refits))
    return Problems(Design(values), truth, shares / shares.sum(axis=0), penalty)


def start(problems):
    free = len(problems.basis)
    return np.zeros((problems.design.values.shape[1], free, problems.shares.shape[1]))


def loss(problems, table, refit):
    """Penalized mean cross-entropy by a plain loop over images."""
    total = 0.0
    for row, truth, share in zip(
        problems.design.values, problems.truth, problems.shares[:, refit], strict=True
    ):
        logits = (row @ table) @ problems.basis
        total += share * (logsumexp(logits) - logits[truth == 1].item())
    return total + problems.penalty / 2 * (table[:-1] ** 2).sum()


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_losses_and_gradients_equal_a_plain_loop_and_its_differences(classes):
    problems = make_problems(1, classes=classes)
    table = 0.3 * np.random.default_rng(2).normal(size=start(problems).shape)
    state = evaluate(problems, table)
    for refit in range(2):
        found = loss(problems, table[:, :, refit], refit)
        assert state.losses[refit] == pytest.approx(found, rel=1e-12)
        for place in np.ndindex(table.shape[:2]):
            moved = table[:, :, refit].copy()
            moved[place] += 1e-5
            up = loss(problems, moved, refit)
            moved[place] -= 2e-5
            slope = (up - loss(problems, moved, refit)) / 2e-5
            assert state.slopes[*place, refit] == pytest.approx(slope, abs=1e-8)
    np.testing.assert_allclose(
        state.norms, np.linalg.norm(state.slopes.reshape(-1, 2), axis=0)
    )


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 1000),
    classes=st.integers(2, 4),
    penalty=st.sampled_from([1e-4, 1e-2, 1.0, 1e2]),
)
def test_every_problem_ends_at_its_own_optimum(seed, classes, penalty):
    """Together or alone, from zero or from elsewhere: one optimum."""
    problems = make_problems(seed, classes=classes, refits=3, penalty=penalty)
    tables, _ = solve(problems, start(problems))
    assert (evaluate(problems, tables).norms <= 2 * TOLERANCE).all()
    for refit in range(3):
        one = Problems(
            problems.design,
            problems.truth,
            problems.shares[:, refit : refit + 1],
            penalty,
        )
        alone, _ = solve(one, start(one) + 0.5)
        np.testing.assert_allclose(
            tables[:, :, refit], alone[:, :, 0], atol=20 * TOLERANCE / penalty + 1e-7
        )


def test_the_factor_is_the_hessian_of_two_classes():
    problems = make_problems(3, classes=2, refits=1)
    table = np.random.default_rng(5).normal(size=(6, 1, 1))
    lower, _ = factorize(problems, evaluate(problems, table).chances)
    hessian = np.tril(lower) @ np.tril(lower).T
    for column in range(6):
        moved = table.copy()
        moved[column] += 1e-5
        up = evaluate(problems, moved).slopes
        moved[column] -= 2e-5
        change = (up - evaluate(problems, moved).slopes)[:, 0, 0] / 2e-5
        # The bias has no penalty; the factor lifts it by as much as the weights.
        change[-1] += problems.penalty * (column == 5)
        np.testing.assert_allclose(hessian[:, column], change, atol=1e-5)


def test_a_factor_of_another_problem_changes_the_way_and_not_the_end():
    problems = make_problems(6, classes=3)
    other = make_problems(7, classes=3, penalty=5.0)
    factor = factorize(other, evaluate(other, start(other)).chances)
    found, _ = solve(problems, start(problems), factor)
    plain, _ = solve(problems, start(problems))
    np.testing.assert_allclose(found, plain, atol=1e-8)


def test_certain_images_leave_a_factor():
    problems = make_problems(8, classes=2, refits=1, penalty=1e-30)
    chances = problems.truth[:, :, None].copy()
    lower, _ = factorize(problems, chances)
    assert np.isfinite(lower).all()


def test_a_hessian_that_rounding_makes_indefinite_is_lifted():
    rng = np.random.default_rng(0)
    few = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 60))
    design = Design(np.column_stack([few, np.ones(40)]))
    problems = make_problems(classes=2, refits=1, images=40)
    problems = Problems(design, problems.truth, problems.shares, 1e-12)
    lower, _ = factorize(problems, evaluate(problems, start(problems)).chances)
    assert np.isfinite(lower).all()


def test_a_fit_that_does_not_end_says_so(monkeypatch):
    monkeypatch.setattr(newton, "STEPS", 1)
    problems = make_problems(9)
    with pytest.raises(ArithmeticError, match=r"^features must be standardized for"):
        solve(problems, start(problems))


def test_precision_of_the_design_follows_the_table():
    design = make_problems().design
    table = np.ones((6, 2, 1))
    assert design.times(table).dtype == np.float64
    assert design.times(table.astype(np.float32)).dtype == np.float32
    assert design.rough is design.rough


def test_one_column_is_solved_as_many_are():
    problems = make_problems(10, classes=2)
    factor = factorize(problems, evaluate(problems, start(problems)).chances)
    table = np.random.default_rng(1).normal(size=(6, 1, 9)).astype(np.float32)
    together = newton._precondition(factor, table)
    for column in range(9):
        one = newton._precondition(factor, table[:, :, column : column + 1])
        np.testing.assert_allclose(
            one[:, :, 0], together[:, :, column], rtol=1e-3, atol=1e-5
        )
    hessian = np.tril(factor[0]) @ np.tril(factor[0]).T
    np.testing.assert_allclose(hessian @ together[:, 0], table[:, 0], atol=1e-4)

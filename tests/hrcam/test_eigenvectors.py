"""Principal projections against NumPy's singular value decomposition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrcam.eigenvectors import EXACT, STEPS, krylov, leading, principal, toward

seeds = st.integers(0, 2**20)


def spectrum(rng, shape, values):
    """Draw matrices (n, z, c) with the given leading singular values."""
    n, z, c = shape
    left = np.linalg.qr(rng.normal(size=(n, z, len(values))))[0]
    right = np.linalg.qr(rng.normal(size=(n, c, len(values))))[0]
    return np.einsum("nzk,k,nck->nzc", left, values, right)


def reference(matrices):
    """Return X v up to its sign, (n, z), by the decomposition of X itself."""
    _, _, rows = np.linalg.svd(matrices, full_matrices=False)
    return np.einsum("nzc,nc->nz", matrices, rows[:, 0])


def difference(found, expected):
    """Return the largest relative difference of maps (n, z), signs aside."""
    sign = np.sign((found * expected).sum(axis=1, keepdims=True))
    return np.abs(found * sign - expected).max() / np.abs(expected).max()


@settings(deadline=None, max_examples=20)
@given(seed=seeds, z=st.integers(1, 40), c=st.integers(1, 40))
def test_small_matrices_are_decomposed_exactly(seed, z, c):
    rng = np.random.default_rng(seed)
    values = np.sort(rng.uniform(1, 2, min(z, c)))[::-1].copy()
    values[0] *= 1.1
    matrices = spectrum(rng, (3, z, c), values)
    found = principal(np, matrices)
    assert found.shape == (3, z, 1)
    assert difference(found[..., 0], reference(matrices)) < 1e-7


@pytest.mark.parametrize(("z", "c"), [(300, 200), (200, 300), (150, 900), (700, 140)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_large_matrices_converge(z, c, dtype):
    """Eigenvalues up to 0.8 of the first, evenly: what the module promises."""
    rng = np.random.default_rng(z)
    values = np.sqrt(np.concatenate([[1.0], np.linspace(0.8, 0.01, 120)]))
    matrices = spectrum(rng, (2, z, c), values)
    assert min(z, c) > EXACT
    found = principal(np, matrices.astype(dtype))[..., 0]
    assert difference(found, reference(matrices)) < 1e-5


def test_a_close_second_among_few_is_told_apart():
    rng = np.random.default_rng(0)
    values = np.sqrt([1.0, 0.98, 0.3, 0.2, 0.1, 0.05])
    matrices = spectrum(rng, (3, 200, 180), values)
    found = principal(np, matrices)[..., 0]
    assert difference(found, reference(matrices)) < 1e-5


def test_a_krylov_basis_is_orthonormal_and_stops_where_the_matrix_does():
    rng = np.random.default_rng(1)
    wide = rng.normal(size=(2, 150, 400))
    basis = krylov(np, wide @ wide.swapaxes(1, 2))
    assert basis.shape == (2, STEPS, 150)
    inner = basis @ basis.swapaxes(1, 2)
    np.testing.assert_allclose(
        inner, np.broadcast_to(np.eye(STEPS), inner.shape), atol=1e-9
    )
    thin = spectrum(rng, (2, 150, 140), np.array([3.0, 2.0, 1.0]))
    basis = krylov(np, thin @ thin.swapaxes(1, 2))
    lengths = np.linalg.norm(basis, axis=2)
    np.testing.assert_allclose(lengths[:, :3], 1, atol=1e-9)
    assert not lengths[:, 3:].any()


def test_both_ways_to_an_eigenvector_agree(monkeypatch):
    rng = np.random.default_rng(2)
    matrices = spectrum(rng, (2, 60, 60), np.array([2.0, 1.2, 1.0, 0.4]))
    grams = matrices @ matrices.swapaxes(1, 2)
    values, rows = leading(np, grams)
    monkeypatch.setattr("hrcam.eigenvectors.EXACT", 8)
    other, found = leading(np, grams)
    np.testing.assert_allclose(values, other, rtol=1e-9)
    np.testing.assert_allclose(np.abs(rows), np.abs(found), atol=1e-8)
    np.testing.assert_allclose(values[:, 0, 0], 4.0)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 5, 3), (2, 200, 140), (2, 140, 200)])
def test_zeros_and_one_direction(shape):
    assert not principal(np, np.zeros(shape)).any()
    rng = np.random.default_rng(3)
    line = rng.normal(size=shape[:2])
    matrices = line[..., None] * np.linspace(1, 2, shape[2])
    expected = line * np.linalg.norm(np.linspace(1, 2, shape[2]))
    assert difference(principal(np, matrices)[..., 0], expected) < 1e-6


def test_a_largest_eigenvalue_of_rounding_below_zero_is_zero(monkeypatch):
    """Its root would be NaN."""

    def rounded(_ops, matrices):
        rows = np.ones((len(matrices), 1, matrices.shape[-1]))
        return np.full((len(matrices), 1, 1), -1e-18), rows

    monkeypatch.setattr("hrcam.eigenvectors.leading", rounded)
    assert not principal(np, np.ones((2, 3, 7))).any()


def test_toward_turns_what_points_away_and_keeps_what_does_not():
    maps = np.array([[1.0, -3.0], [2.0, 1.0], [1.0, -1.0]])[..., None]
    found = toward(np, maps, np.ones_like(maps))[..., 0]
    np.testing.assert_array_equal(found, [[-1, 3], [2, 1], [1, -1]])

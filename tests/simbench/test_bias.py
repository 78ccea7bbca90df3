import numpy as np
import pytest
from scipy.special import eval_legendre

from simbench.bias import Bias, logarithm
from simbench.streams import stream

SIZES = [(40, 40), (24, 56), (57, 33)]


def fields_of(size, tissue=None, count=300, degree=3, strength=0.2):
    tissue = np.ones(size, bool) if tissue is None else tissue
    parameters = Bias(degree=degree, strength=strength)
    return np.stack(
        [logarithm(parameters, tissue, stream(0, "bias", i)) for i in range(count)]
    )


@pytest.mark.parametrize("size", SIZES)
def test_there_is_no_global_gain(size):
    tissue = np.zeros(size, bool)
    tissue[4:-4, 6:-8] = True
    for field in fields_of(size, tissue):
        assert field.dtype == np.float32
        assert field[tissue].mean(dtype=float) == pytest.approx(0, abs=1e-6)


def test_the_mean_outside_the_tissue_does_not_matter():
    tissue = np.zeros((24, 56), bool)
    tissue[:12, :20] = True
    whole, part = (
        fields_of((24, 56), mask, 50) for mask in (np.ones((24, 56), bool), tissue)
    )
    moved = part - whole
    assert np.ptp(moved, axis=(1, 2)) == pytest.approx(np.zeros(50), abs=1e-6)
    assert np.abs(part.mean(axis=(1, 2))).max() > 0.05


def test_without_tissue_the_polynomial_is_left_as_it_is():
    field = fields_of((24, 56), np.zeros((24, 56), bool), 1)[0]
    assert np.isfinite(field).all()
    assert field.std() > 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("degree", [1, 2, 5, 8])
def test_both_axes_vary_alike(size, degree):
    """A field whose second axis has no pure terms would not."""
    fields = fields_of(size, count=400, degree=degree)
    down = fields.mean(axis=2).var(axis=1).mean()
    right = fields.mean(axis=1).var(axis=1).mean()
    assert down == pytest.approx(right, rel=0.25)


@pytest.mark.parametrize("degree", [1, 3, 8])
def test_the_variance_over_the_frame_is_the_strength_squared(degree):
    fields = fields_of((120, 168), count=300, degree=degree).astype(float)
    assert (fields**2).mean() == pytest.approx(0.04, rel=0.1)
    positive = (fields[:, :, -1] > 0).mean()
    assert 0.4 < positive < 0.6  # coefficients of both signs


@pytest.mark.parametrize("size", SIZES)
def test_the_total_degree_is_the_recipe_s(size):
    """Least squares by all products of Legendre polynomials, written out."""
    y, x = ((2 * np.arange(n) + 1) / n - 1 for n in size)
    products = {
        (i, j): np.outer(eval_legendre(i, y), eval_legendre(j, x))
        for i in range(6)
        for j in range(6)
    }
    design = np.stack([p.ravel() for p in products.values()], axis=1)
    fitted = np.linalg.inv(design.T @ design) @ design.T
    found = []
    for field in fields_of(size, count=40, degree=4):
        weights = fitted @ field.ravel()
        found.append(np.abs(weights))
        assert design @ weights == pytest.approx(field.ravel(), abs=1e-5)
    greatest = dict(zip(products, np.max(found, axis=0), strict=True))
    for (i, j), weight in greatest.items():
        if 1 <= i + j <= 4:
            assert weight > 0.02
        elif i + j:
            assert weight < 1e-5


def test_no_strength_is_no_field():
    assert not fields_of((24, 56), count=3, strength=0.0).any()


@pytest.mark.parametrize(
    ("bias", "message"),
    [
        ({"degree": 0, "strength": 0.1}, "degree must be >= 1, got 0"),
        ({"degree": 9, "strength": 0.1}, "degree must be <= 8, got 9"),
        ({"degree": 3, "strength": -0.1}, "strength must be >= 0, got -0.1"),
        ({"degree": 3, "strength": 1.5}, "strength must be <= 1, got 1.5"),
    ],
)
def test_ranges_are_checked(tiny_with, bias, message):
    with pytest.raises(ValueError, match="bias") as error:
        tiny_with({"acquisition.bias": bias})
    assert str(error.value) == f"tiny.toml: acquisition.bias.{message}"

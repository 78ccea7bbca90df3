import numpy as np
import pytest
from scipy import stats

from simbench.noises.speckle import NOISE, Speckle
from simbench.streams import stream


def amplitudes(looks, grain=None, count=60):
    law = Speckle(kind="speckle", looks=(looks, looks), grain=grain)
    signal = np.ones((1, 40, 56), np.float32)
    for index in range(count):
        fields = NOISE.draw(law, signal.shape, stream(0, "noise", index))
        yield NOISE.apply(law, float(looks), fields, signal)[0].astype(float)


def test_one_look_is_rayleigh_of_mean_one():
    found = np.stack(list(amplitudes(1)))
    scale = 1 / np.sqrt(np.pi / 2)
    assert (
        stats.kstest(found.ravel()[::7], stats.rayleigh(scale=scale).cdf).pvalue > 1e-3
    )
    law = Speckle(kind="speckle")
    mean, deviation = NOISE.moments(law, 1.0, np.array([2.0]))
    assert mean[0] == 2
    assert deviation[0] == pytest.approx(2 * np.sqrt(4 / np.pi - 1))
    assert NOISE.deviation(law, 1.0, 2.0) == pytest.approx(deviation[0])


@pytest.mark.parametrize("looks", [1, 3, 16])
def test_squares_are_gamma_with_a_shape_of_the_looks(looks):
    squares = np.stack(list(amplitudes(looks))).ravel()[::7] ** 2
    law = stats.gamma(looks, scale=squares.mean() / looks)
    assert stats.kstest(squares, law.cdf).pvalue > 1e-3
    assert squares.var() / squares.mean() ** 2 == pytest.approx(1 / looks, rel=0.05)


def test_noise_grows_with_the_signal():
    law = Speckle(kind="speckle", looks=(2, 2))
    fields = NOISE.draw(law, (1, 6, 10), stream(0, "noise", 0))
    one, two = (
        NOISE.apply(law, 2.0, fields, np.full((1, 6, 10), s, np.float32))
        for s in (0.5, 1.0)
    )
    assert two == pytest.approx(2 * one, rel=1e-6)
    nothing = NOISE.apply(law, 2.0, fields, np.full((1, 6, 10), -1, np.float32))
    assert (nothing == 0).all()


def test_an_image_of_few_looks_leaves_the_other_fields_out():
    law = Speckle(kind="speckle", looks=(1, 3))
    signal = np.ones((1, 6, 10), np.float32)
    fields = NOISE.draw(law, signal.shape, stream(0, "noise", 0))
    assert len(fields) == 6
    found = NOISE.apply(law, 1.0, fields, signal)
    expected = np.hypot(fields[0], fields[1]) / np.sqrt(np.pi / 2)
    assert found == pytest.approx(expected, rel=1e-5)


def test_grain_correlates_neighbors_and_keeps_the_law():
    grain = {"slope": 4.0, "length": 12.0}
    rough = np.stack(list(amplitudes(1, count=200)))
    smooth = np.stack(list(amplitudes(1, grain, count=200)))
    assert smooth.mean() == pytest.approx(1, abs=0.03)
    assert smooth.std() == pytest.approx(rough.std(), rel=0.05)
    for found, low, high in ((rough, -0.05, 0.05), (smooth, 0.6, 1.0)):
        near = np.corrcoef(found[:, :, 1:].ravel(), found[:, :, :-1].ravel())[0, 1]
        assert low < near < high


@pytest.mark.parametrize("looks", [[0, 2], [3, 2], [1, 17]])
def test_looks_are_a_range(tiny_with, looks):
    with pytest.raises(ValueError, match="looks") as error:
        tiny_with({"acquisition.noise": {"kind": "speckle", "looks": looks}})
    assert str(error.value) == (
        "tiny.toml: acquisition.noise.looks must be [fewest, most] with "
        f"1 <= fewest <= most <= 16, got {looks}"
    )

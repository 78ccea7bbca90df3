import numpy as np
import pytest

from simbench.anatomies.uniform import ANATOMY, Uniform
from simbench.streams import stream


def draw(index=0, size=(40, 56), **changes):
    parameters = Uniform(kind="uniform", **changes)
    return ANATOMY.draw(parameters, size, stream(0, "anatomy", index))


def test_nothing_varies_but_what_was_asked():
    body = draw(spread=0.0, intensity=0.4, texture=0.5)
    assert (body.intensity == np.float32(0.4)).all()
    assert (body.texture == np.float32(0.5)).all()
    assert (body.tissue == 1).all()
    assert body.home.all()
    assert body.factors == {"intensity": 0.4}


def test_intensities_have_the_spread_asked_and_the_texture_does_not_follow():
    levels = [draw(index, spread=0.1).factors["intensity"] for index in range(2000)]
    assert np.mean(levels) == pytest.approx(0.7, abs=0.01)
    assert np.std(levels) == pytest.approx(0.1, rel=0.05)
    for index in range(5):
        body = draw(index, spread=0.1)
        assert (body.intensity == np.float32(levels[index])).all()
        assert (body.texture == 1).all()


def test_intensities_stay_positive():
    assert min(draw(i, spread=1.0).intensity.min() for i in range(100)) > 0


def test_a_margin_is_left_free_of_lesions():
    home = draw(margin=0.1).home  # 4 of 40 pixels
    assert home[4:-4, 4:-4].all()
    assert np.count_nonzero(home) == 32 * 48


def test_a_uniform_medium_looks_the_same_wherever_it_is_moved():
    body = draw(margin=0.1)
    down = np.full((40, 56), 2.5, np.float32)
    assert body.redraw(down, down) is body

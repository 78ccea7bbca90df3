import numpy as np
import pytest
from pydantic import ValidationError
from scipy import ndimage

from simbench.anatomies.skin import (
    ANATOMY,
    BLOOD,
    MELANIN,
    PALE,
    TISSUES,
    Skin,
)
from simbench.streams import stream

SIZE = (48, 64)
PLAIN = {
    "balance": 0.0,
    "mottling": 0.0,
    "shading": 0.0,
    "furrows": (0.0, 0.0),
    "pores": (0.0, 0.0),
    "light": (1.0, 1.0),
}


def draw(index=0, size=SIZE, **changes):
    parameters = Skin(kind="skin", **changes)
    return ANATOMY.draw(parameters, size, stream(0, "anatomy", index))


def test_plain_skin_obeys_the_law_of_beer_and_lambert():
    body = draw(**PLAIN, melanin=(0.3, 0.3), blood=(0.2, 0.2))
    for channel in range(3):
        density = 0.3 * MELANIN[channel] + 0.2 * BLOOD[channel]
        level = PALE[channel] * np.exp(-density)
        assert body.intensity[channel] == pytest.approx(level, rel=1e-5)


def test_densities_add_up():
    """Twice the pigment, the square of the light that comes back."""
    once = draw(3, **PLAIN, melanin=(0.2, 0.2), blood=(0.1, 0.1)).intensity
    twice = draw(3, **PLAIN, melanin=(0.4, 0.4), blood=(0.2, 0.2)).intensity
    pale = np.array(PALE)[:, None, None]
    assert twice / pale == pytest.approx((once / pale) ** 2, rel=1e-4)


def test_texture_is_what_melanin_does():
    """A texture of strength s is, to first order, a change of melanin by s."""
    low, high = (draw(1, melanin=(m, m), mottling=0.0) for m in (0.2, 0.201))
    slope = -(high.intensity.astype(float) - low.intensity) / 0.001
    assert low.texture == pytest.approx(slope, rel=2e-3)


def test_colors_vary_between_images_as_asked():
    bodies = [draw(i) for i in range(200)]
    parameters = Skin(kind="skin")
    for name in ("melanin", "blood", "light", "furrows", "pores"):
        low, high = getattr(parameters, name)
        found = [body.factors[name] for body in bodies]
        assert low <= min(found) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(found) <= high
    for name in ("red", "blue"):
        found = [body.factors[name] for body in bodies]
        assert np.std(found) == pytest.approx(0.04, rel=0.2)
    mean = np.array([body.intensity.mean(axis=(1, 2)) for body in bodies])
    assert (mean.std(axis=0) > 0.05).all()
    assert (mean[:, 0] > mean[:, 2]).mean() > 0.95  # skin is reddish
    assert max(body.intensity.max() for body in bodies) < 1.35


def test_the_white_balance_is_that_of_red_and_blue_over_green():
    plain, tinted = draw(4, balance=0.0), draw(4, balance=0.1)
    ratio = np.log(tinted.intensity / plain.intensity)
    assert ratio[0] == pytest.approx(tinted.factors["red"], abs=1e-5)
    assert ratio[1] == pytest.approx(0, abs=1e-5)
    assert ratio[2] == pytest.approx(tinted.factors["blue"], abs=1e-5)
    assert tinted.factors["red"] != tinted.factors["blue"]


def test_furrows_and_pores_are_shadows():
    without = draw(2, furrows=(0.0, 0.0), pores=(0.0, 0.0))
    furrows = draw(2, furrows=(0.1, 0.1), pores=(0.0, 0.0))
    pores = draw(2, furrows=(0.0, 0.0), pores=(0.2, 0.2))
    assert set(np.unique(furrows.tissue)) == {1, 2}
    assert TISSUES == ("skin", "furrow")
    lost = np.log(without.intensity / furrows.intensity)
    assert lost.min() > -1e-5
    # the same in every channel
    assert lost[0] == pytest.approx(lost[2], abs=1e-5)
    assert lost[1][furrows.tissue == 2].mean() > 5 * lost[1][furrows.tissue == 1].mean()
    lost = np.log(without.intensity / pores.intensity)
    assert lost.min() > -1e-5
    assert 0.1 < lost.max() <= 0.2 + 1e-5
    assert 0.005 < (lost[0] > 0.02).mean() < 0.1
    none = draw(2, furrows=(0.0, 0.0), pores=(0.2, 0.2), porous=0.0)
    assert (none.intensity == without.intensity).all()


def test_the_relief_is_as_fine_as_asked():
    """Twice the plateaus to a side, about twice the crossings of furrows."""

    def crossings(relief):
        found = [draw(i, (128, 160), relief=relief).tissue == 2 for i in range(4)]
        return np.mean([np.abs(np.diff(f.astype(int), axis=1)).mean() for f in found])

    assert crossings(6.0) == pytest.approx(2 * crossings(3.0), rel=0.15)


def test_plateaus_are_stretched_and_as_many():
    """The relief's stretch keeps the plateaus' area."""
    parameters = {**PLAIN, "pores": (0.2, 0.2), "porous": 1.0, "deformation": 0.0}
    counts, stretches = [], []
    for index in range(12):
        body = draw(index, (160, 160), relief=4.0, **parameters)
        shadow = -np.log(body.intensity[0] / body.intensity[0].max())
        counts.append(ndimage.label(shadow > 0.1)[1])
        stretches.append(body.factors["relief_stretch"])
    assert np.mean(counts) == pytest.approx(8**2, rel=0.15)
    assert abs(np.corrcoef(counts, stretches)[0, 1]) < 0.7


def test_home_is_a_disc_that_wanders():
    body = draw(5, (120, 160), home=0.4, wander=0.0, deformation=0.0)
    rows, columns = np.nonzero(body.home)
    assert rows.mean() == pytest.approx(59.5, abs=0.01)
    assert columns.mean() == pytest.approx(79.5, abs=0.01)
    assert body.home.sum() == pytest.approx(np.pi * 24**2, rel=0.02)
    moved = draw(5, (120, 160), home=0.4, wander=0.1, deformation=0.0)
    rows, columns = np.nonzero(moved.home)
    assert rows.mean() - 59.5 == pytest.approx(60 * moved.factors["home_y"], abs=0.1)
    assert columns.mean() - 79.5 == pytest.approx(60 * moved.factors["home_x"], abs=0.1)
    places = [draw(i, wander=0.1).factors["home_y"] for i in range(500)]
    assert np.std(places) == pytest.approx(0.1, rel=0.1)


def test_lesions_move_with_the_skin():
    body = draw(0, home=0.3)
    step = np.full(SIZE, 3, np.float32)
    moved = body.redraw(step, -step)
    assert (moved.home[6:-6, 6:-6] == body.home[9:-3, 3:-9]).mean() > 0.99


@pytest.mark.parametrize("pigment", ["melanin", "blood"])
def test_slow_variations_are_slow_and_relative(pigment):
    plain = {**PLAIN, "melanin": (0.0, 0.0), "blood": (0.0, 0.0), pigment: (0.3, 0.3)}
    density = -np.log(draw(0, (96, 96), **{**plain, "mottling": 0.1}).intensity[1])
    density += np.log(PALE[1])
    share = density / 0.3 - 1
    assert 0.01 < share.std() < 0.12
    assert np.abs(np.diff(share, axis=0)).max() < 0.02
    double = -np.log(draw(0, (96, 96), **{**plain, "mottling": 0.2}).intensity[1])
    assert double + np.log(PALE[1]) == pytest.approx(0.3 * (1 + 2 * share), abs=1e-4)


def test_melanin_blood_and_light_vary_each_by_itself():
    plain = {**PLAIN, "melanin": (0.0, 0.0), "blood": (0.0, 0.0), "mottling": 0.2}
    changes = [{"melanin": (0.3, 0.3)}, {"blood": (0.3, 0.3)}, {"shading": 0.1}]
    bodies = [draw(7, **{**plain, **change}) for change in changes]
    shadows = [np.log(body.intensity[1]).ravel() for body in bodies]
    assert min(np.std(shadow) for shadow in shadows) > 0.01
    likeness = np.corrcoef(shadows) - np.eye(3)
    assert np.abs(likeness).max() < 0.9


@pytest.mark.parametrize("size", [(45, 61), (64, 48)])
def test_a_finer_grid_shows_the_same_skin(size):
    plain = {"furrows": (0.0, 0.0), "pores": (0.0, 0.0)}
    coarse = draw(8, size, **plain)
    fine = draw(8, (2 * size[0], 2 * size[1]), **plain)
    blocks = fine.intensity.reshape(3, size[0], 2, size[1], 2).mean(axis=(2, 4))
    assert coarse.intensity == pytest.approx(blocks, abs=5e-3)
    assert coarse.factors == fine.factors


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("melanin", (0.4, 0.1)),
        ("melanin", (-0.1, 0.1)),
        ("light", (0.0, 1.0)),
        ("mottling", 0.3),
        ("porous", 1.5),
        ("relief", 0.0),
        ("home", 0.05),
        ("wander", 0.5),
    ],
)
def test_wrong_parameters_are_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        Skin(kind="skin", **{name: value})

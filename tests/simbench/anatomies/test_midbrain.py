import numpy as np
import pytest

from simbench.anatomies.midbrain import ANATOMY, STRUCTURES, TISSUES, Midbrain
from simbench.streams import stream

STILL = {"deformation": 0.0, "rotation": 0.0, "variation": 0.0}
EQUAL = {"contrast_spread": 0.0, "size_spread": 0.0, "spread": 0.0}


def draw(size=(96, 108), index=0, **changes):
    parameters = Midbrain(kind="midbrain", **changes)
    return ANATOMY.draw(parameters, size, stream(0, "anatomy", index))


def label(name):
    return TISSUES.index(name) + 1


def test_each_nigra_lies_on_its_side_in_the_image():
    for index in range(20):
        body = draw(index=index)
        for name, sign in zip(STRUCTURES, (-1, 1), strict=True):
            added = body.structures[name][0]
            x = (added.sum(axis=0) * np.arange(108)).sum() / added.sum()
            assert sign * (x - 53.5) > 8


def test_without_disease_or_pose_the_sides_are_mirror_images():
    body = draw((96, 96), **STILL, **EQUAL)
    left, right = (body.structures[name][0] for name in STRUCTURES)
    assert left == pytest.approx(right[:, ::-1], abs=1e-5)
    assert body.intensity[0] == pytest.approx(body.intensity[0, :, ::-1], abs=1e-5)


def test_the_crescents_run_from_the_middle_in_front_to_the_side_behind():
    body = draw((96, 96), **STILL)
    rows, columns = np.nonzero(body.tissue == label("right nigra"))
    inner, outer = columns <= columns.min() + 3, columns >= columns.max() - 3
    assert rows[inner].mean() < rows[outer].mean() - 8
    middle = np.abs(columns - columns.mean()) < 2
    straight = (rows[inner].mean() + rows[outer].mean()) / 2
    assert rows[middle].mean() < straight - 2  # bent towards the peduncle, in front


def test_the_nigra_is_brighter_than_what_is_around_it():
    for index in range(20):
        body = draw(index=index)
        image = body.intensity[0]
        for name in STRUCTURES:
            word = name.split()[0]
            inside = image[body.tissue == label(name)]
            added = body.factors[f"contrast_{word}"]
            for other in ("tegmentum", "peduncle"):
                around = np.median(image[body.tissue == label(other)])
                assert np.median(inside) > around + added / 4


def test_what_a_nigra_adds_is_its_contrast_and_no_texture():
    dim, bright = draw(contrast=0.1), draw(contrast=0.2)
    for name in STRUCTURES:
        word = name.split()[0]
        added = bright.structures[name]
        assert added == pytest.approx(2 * dim.structures[name], abs=1e-6)
        assert added.max() == pytest.approx(bright.factors[f"contrast_{word}"], rel=0.1)
    assert (dim.texture == bright.texture).all()
    plain = [body.intensity - sum(body.structures.values()) for body in (dim, bright)]
    assert plain[0] == pytest.approx(plain[1], abs=1e-6)


def test_contrast_varies_between_subjects_more_than_between_sides():
    drawn = [draw((16, 16), i, contrast=0.3, contrast_spread=0.3) for i in range(400)]
    logs = np.log(
        [[body.factors[f"contrast_{s}"] for s in ("left", "right")] for body in drawn]
    )
    assert logs.mean() == pytest.approx(np.log(0.3), abs=0.03)
    assert logs[:, 0].std() == pytest.approx(0.3 * np.hypot(1, 1 / 3), abs=0.03)
    assert (logs[:, 0] - logs[:, 1]).std() == pytest.approx(
        0.3 * np.sqrt(2) / 3, abs=0.015
    )


def test_crescents_differ_in_thickness():
    areas = [
        [float((b.structures[n] > 0).sum()) for n in STRUCTURES]
        for b in (draw((96, 96), i, size_spread=0.2) for i in range(60))
    ]
    even = [
        [float((b.structures[n] > 0).sum()) for n in STRUCTURES]
        for b in (draw((96, 96), i, size_spread=0.0) for i in range(60))
    ]
    assert np.log(areas).std() > np.log(even).std() + 0.05
    assert abs(np.corrcoef(np.log(areas).T)[0, 1]) < 0.9


def test_lesions_may_lie_in_the_midbrain_and_not_around_it():
    body = draw()
    home = {TISSUES[i - 1] for i in np.unique(body.tissue[body.home])}
    assert home == {"peduncle", "tegmentum", "red nucleus", *STRUCTURES}


def test_plausible_proportions():
    """Compare with anatomy: a midbrain is some 40 mm wide, a pars compacta 15 long."""
    areas = []
    for index in range(20):
        tissue = draw((96, 96), index).tissue
        midbrain = np.isin(tissue, [label(n) for n in TISSUES[3:]])
        columns = np.flatnonzero((midbrain & (np.arange(96) > 15)).any(axis=0))
        width = columns.size
        nigra = np.count_nonzero(tissue == label("left nigra"))
        areas.append(nigra / midbrain.sum())
        assert 0.5 < width / 96 < 0.8
    assert 0.02 < np.mean(areas) < 0.08

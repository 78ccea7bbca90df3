"""Scores of shapes and places beside other libraries; run by `tox -e oracles`.

Where a library is wrong its number is asserted too, so that a repair is noticed.
"""

import numpy as np
import pytest
from scipy import ndimage

from metrics.counting.truth import Truth
from metrics.pooled.froc import Candidates, froc, propose
from metrics.scores.evaluation import compare
from metrics.scores.flows import cheapest
from metrics.scores.lesions import false_components, lesion_sensitivity
from metrics.scores.pointing import pointing_game
from metrics.scores.surfaces import SCORES, summarize
from metrics.scores.transport import earth_mover, measure_grid, pool

#: Libraries warn of their own ways.
pytestmark = pytest.mark.filterwarnings("ignore")
SPACING = {2: (0.7, 2.5), 3: (3.0, 0.5, 1.0)}


def scene(shape, count=8, seed=0):
    """Smooth maps, and masks of a few lesions; none touches another."""
    generator = np.random.default_rng(seed)
    blur = (0, *(2.5,) * len(shape))
    noise = ndimage.gaussian_filter(generator.normal(size=(count, *shape)), blur)
    field = ndimage.gaussian_filter(generator.normal(size=(count, *shape)), blur)
    masks = field > np.quantile(field, 0.92)
    maps = noise / noise.std() + 2 * ndimage.gaussian_filter(masks * 1.0, blur)
    return maps.astype(np.float32), masks


SHAPES = pytest.mark.parametrize("shape", [(40, 57), (12, 17, 21)], ids=["2-D", "3-D"])


def pairs(shape):
    """Marked and lesion pixels at every tabulated threshold, with our distances."""
    spacing = SPACING[len(shape)]
    maps, masks = scene(shape)
    compared = compare(maps, Truth(masks, spacing=spacing))
    ours = np.stack([score.compute(compared) for score in SCORES.values()], axis=2)
    for index, mask in enumerate(masks):
        for column, threshold in enumerate(compared.thresholds):
            marked = compared.normalized[index] >= threshold
            yield marked, mask, spacing, ours[index, column]


@SHAPES
def test_distances_are_those_of_medpy(shape):
    """Its 95th percentile pools both directions and is not ours."""
    binary = pytest.importorskip("medpy.metric.binary")
    pooled = []
    for marked, mask, spacing, (greatest, percentile, mean) in pairs(shape):
        np.testing.assert_allclose(greatest, binary.hd(marked, mask, spacing))
        np.testing.assert_allclose(mean, binary.assd(marked, mask, spacing))
        pooled.append(binary.hd95(marked, mask, spacing) - percentile)
    assert min(pooled) < -0.5


@SHAPES
def test_distances_are_those_of_monai(shape):
    torch = pytest.importorskip("torch")
    monai = pytest.importorskip("monai.metrics")
    for marked, mask, spacing, ours in pairs(shape):
        one, other = (torch.from_numpy(a[None, None]) for a in (marked, mask))
        more = {"include_background": True, "spacing": spacing}
        theirs = [
            monai.compute_hausdorff_distance(one, other, **more),
            monai.compute_hausdorff_distance(one, other, percentile=95, **more),
            monai.compute_average_surface_distance(one, other, symmetric=True, **more),
        ]
        np.testing.assert_allclose(ours, [float(t) for t in theirs], rtol=1e-5)


def test_distances_are_those_of_surface_distance_on_single_points():
    """Its borders run between pixels and are weighted by length: only points agree."""
    library = pytest.importorskip("surface_distance")
    one, other = np.zeros((2, 9, 14), bool)
    one[2, 3] = other[5, 11] = True
    found = library.compute_surface_distances(one, other, (0.7, 2.5))
    theirs = library.compute_robust_hausdorff(found, 100)
    np.testing.assert_allclose(summarize(one, other, (0.7, 2.5))[0], theirs)


@SHAPES
def test_transport_costs_are_those_of_pot(shape):
    ot = pytest.importorskip("ot")
    maps, masks = scene(shape)
    ours = earth_mover(compare(maps, masks))
    costs = measure_grid(shape, (1.0,) * len(shape))
    for map, mask, score in zip(maps, masks, ours, strict=True):
        one, other = pool(np.maximum(map, 0) * 1.0), pool(mask * 1.0)
        work = ot.emd2(one.ravel() / one.sum(), other.ravel() / other.sum(), costs)
        np.testing.assert_allclose(score, 1 - work / costs.max(), rtol=1e-9)


def test_plans_of_any_costs_are_those_of_pot():
    ot = pytest.importorskip("ot")
    generator = np.random.default_rng(3)
    for givers, takers in ((1, 30), (30, 1), (80, 45), (120, 120)):
        supply, demand = generator.dirichlet(np.ones(givers)), np.ones(takers) / takers
        costs = generator.integers(0, 9, (givers, takers)).astype(float)
        np.testing.assert_allclose(
            cheapest(supply, demand, costs), ot.emd2(supply, demand, costs), rtol=1e-9
        )


def detections(compared, threshold):
    """Maps of parts with the value of their highest point, as picai_eval wants them."""
    result = []
    for map, stretched in zip(compared.maps, compared.normalized, strict=True):
        parts, count = ndimage.label(
            stretched >= threshold, np.ones((3,) * map.ndim, bool)
        )
        levels = np.zeros(count + 1, np.float64)
        for part in range(1, count + 1):
            levels[part] = map[parts == part].max()
        result.append(levels[parts])
    return result


def deep(image):
    """Give a 2-D image the axis that the library needs."""
    return image if image.ndim == 3 else image[None]


@SHAPES
def test_lesions_found_and_false_parts_are_those_of_picai_eval(shape):
    library = pytest.importorskip("picai_eval.eval")
    maps, masks = scene(shape)
    masks[3] = False
    compared = compare(maps - maps.min() + 1, masks)
    found, false = lesion_sensitivity(compared), false_components(compared)
    for column, threshold in enumerate(compared.thresholds):
        for index, detected in enumerate(detections(compared, threshold)):
            rows = library.evaluate_case(deep(detected), deep(masks[index] * 1))[0]
            lesions = [score for kind, score, _ in rows if kind]
            assert false[index, column] == len(rows) - len(lesions)
            if lesions:
                share = np.mean(np.array(lesions) > 0)
                np.testing.assert_allclose(found[index, column], share)


def test_picai_eval_finds_fewer_lesions_than_it_could():
    """Two great overlaps weigh more to it than three matches."""
    library = pytest.importorskip("picai_eval.eval")
    mask = np.zeros((1, 3, 160), bool)
    # Three lesions that do not touch, bridged by marked pixels and cut by two.
    mask[0, 0, :100] = mask[0, 2, 100:140] = mask[0, 0, 140:143] = True
    map = mask * 1.0
    map[0, 1, 99], map[0, 1, 140] = 1.0, 1.0
    map[0, 0, 10] = map[0, 2, 113] = 0.0
    compared = compare(map, mask, (0.5,))
    assert lesion_sensitivity(compared) == 1
    rows = library.evaluate_case(map, mask * 1)[0]
    assert sum(score > 0 for kind, score, _ in rows if kind) == 2


@SHAPES
def test_froc_is_that_of_picai_eval(shape):
    """Where a lesion is missed; else it drops the lowest score (next test)."""
    picai_eval = pytest.importorskip("picai_eval")
    maps, masks = scene(shape, count=14)
    masks[:5] = False
    compared = compare(maps - maps.min() + 1, masks)
    theirs = picai_eval.evaluate(
        [deep(d) for d in detections(compared, 0.5)],
        [deep(mask * 1) for mask in masks],
        num_parallel_calls=1,
        verbose=0,
    )
    ours = froc(propose(compared))
    assert 0 < ours.sensitivity[-1] < 1
    np.testing.assert_allclose(theirs.lesion_TPR[:-1], ours.sensitivity[1:])
    np.testing.assert_allclose(theirs.lesion_FPR[:-1], ours.false_per_image[1:])
    for rate, sensitivity in zip(ours.rates, ours.at_rates, strict=True):
        # It begins its curve at the first candidate, which may be false.
        np.testing.assert_allclose(theirs.lesion_TPR_at_FPR(rate), sensitivity)


def perfect():
    """One image, one lesion, one detection, nothing false."""
    return Candidates(
        images=np.zeros(1, np.int64),
        scores=np.ones(1),
        hit=np.ones(1, bool),
        false=np.zeros(1, bool),
        lesions=np.ones(1, np.int64),
        lost=np.zeros(1, bool),
    )


def test_a_perfect_detection_is_lost_by_picai_eval_and_monai_and_not_here():
    assert froc(perfect()).mean == 1
    picai_eval = pytest.importorskip("picai_eval")
    mask = np.zeros((1, 9, 14), int)
    mask[0, 2:5, 3:7] = 1
    theirs = picai_eval.evaluate([mask * 1.0], [mask], num_parallel_calls=1, verbose=0)
    assert theirs.lesion_TPR_at_FPR(8) == 0
    monai = pytest.importorskip("monai.metrics")
    curve = monai.compute_froc_curve_data(np.empty(0), np.ones(1), 1, 1)
    assert monai.compute_froc_score(*curve) == 0


def test_the_pointing_game_is_that_of_quantus():
    """With one highest pixel and a lesion; without one it counts a hit."""
    quantus = pytest.importorskip("quantus")
    maps, masks = scene((40, 57), count=12)
    maps[:6] += 4 * masks[:6]
    found = pointing_game(compare(maps, masks))
    assert 0 < found.mean() < 1

    def theirs(map, mask):
        metric = quantus.PointingGame(
            abs=False, normalise=False, disable_warnings=True, display_progressbar=False
        )
        return float(
            metric(
                model=None,
                x_batch=np.zeros((1, 1, *map.shape)),
                y_batch=np.zeros(1, int),
                a_batch=map[None, None],
                s_batch=mask[None, None],
                channel_first=True,
            )[0]
        )

    assert found.tolist() == [
        theirs(map, mask) for map, mask in zip(maps, masks, strict=True)
    ]
    nothing = np.zeros((1, 40, 57), bool)
    assert np.isnan(pointing_game(compare(maps[:1], nothing))).all()
    assert theirs(maps[0], nothing[0]) == 1

"""Every method of the table on made-up captures, and the identities of the theory.

The methods compute through NumPy here; the engine's tests run the same code compiled.
"""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hrcam.methods
from hrcam.capture import Capture, Geometry, Layer, Truth
from hrcam.entries import CHOICES, EVERYTHING
from hrcam.filters import blur
from hrcam.fusion import FUSIONS, POSTPROCESSING, compose
from hrcam.heads import Head, split
from hrcam.methods import METHODS
from hrcam.methods.filter_cam import BANK, bank
from hrcam.pipeline.scenes import noise
from hrcam.pools import Pool
from hrcam.resampling import averager

HR_CAMS = (
    "hr_cam",
    "hr_cam_pattern",
    "hr_cam_convex",
    "hr_cam_centroid",
    "hr_cam_paper",
)
NAMES = ("shallow", "middle", "deep")
#: Needs that are spelled otherwise, or always met, among what must be known.
EXTRA = {"features", "gradients"} | {
    f"head:{h}"
    for h in ("hotelling", "pattern", "convex", "centroid", "paper", "filter")
}


@pytest.fixture(params=METHODS.values(), ids=list(METHODS))
def method(request):
    return request.param


def pick(capture, rows):
    """Return the capture of some of its images."""
    return replace(
        capture,
        images=capture.images[rows],
        layers=tuple(
            replace(x, features=x.features[rows], gradients=x.gradients[rows])
            for x in capture.layers
        ),
        heads={
            h: {k: w[rows] for k, w in table.items()}
            for h, table in capture.heads.items()
        },
        tissue=capture.tissue[rows],
        tissue_median=capture.tissue_median[rows],
        noise=capture.noise[rows],
        truth=Truth(capture.truth.mask[rows], capture.truth.effect[rows]),
        pixels=capture.pixels[rows],
        slopes={rule: slope[rows] for rule, slope in capture.slopes.items()},
        biases=tuple(bias[rows] for bias in capture.biases),
        logits=capture.logits[rows],
        calls=capture.calls.at(rows),
    )


def only_needed(capture, needs):
    """Return the capture with nothing but images and what a method says it needs."""
    heads = {need.split(":")[1] for need in needs if need.startswith("head:")}
    return replace(
        capture,
        layers=tuple(
            Layer(
                x.name,
                x.size,
                x.features if "features" in needs else None,
                x.gradients if "gradients" in needs else None,
            )
            for x in capture.layers
        ),
        heads={head: capture.heads[head] for head in heads},
        truth=capture.truth if "truth" in needs else None,
        slopes={k: v for k, v in capture.slopes.items() if f"slope:{k}" in needs},
        biases=capture.biases if "biases" in needs else (),
        calls=capture.calls if "calls" in needs else None,
    )


def with_head(capture, name, weights):
    """Return the capture with one head, the same weights for every image."""
    batch = len(capture.images)
    table = {k: np.repeat(w[None], batch, axis=0) for k, w in weights.items()}
    return replace(capture, heads={name: table})


def pooled(capture):
    means = [x.features.mean(axis=(1, 2)) for x in capture.layers]
    layers = tuple((x.name, x.features.shape[-1]) for x in capture.layers)
    table = np.concatenate(means, axis=1).astype(np.float64)
    return Pool(layers, table, np.zeros(len(table), int))


def random_head(capture, name, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    layers = pooled(capture).layers
    table = rng.normal(size=(sum(c for _, c in layers), classes))
    table -= table.mean(axis=1, keepdims=True)
    return Head(name, split(table, layers), rng.normal(size=classes))


def test_every_file_is_in_the_table():
    folder = Path(hrcam.methods.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "method"}
    assert files == set(METHODS)
    for name, method in METHODS.items():
        assert method.name == name
        assert import_module(f"hrcam.methods.{name}").METHOD is method


def test_records_are_complete(method):
    assert method.label
    assert method.source
    assert method.kind in ("model", "baseline", "ceiling")
    assert set(method.layers) <= {*CHOICES, *(f"all-{name}" for name in FUSIONS)}
    assert method.postprocessing in POSTPROCESSING
    assert method.fusion in FUSIONS
    assert method.head in ("", *(n[5:] for n in method.needs if n.startswith("head:")))
    assert (method.kind == "ceiling") == ("truth" in method.needs)
    assert method.needs - EXTRA <= EVERYTHING
    looks = {n for n in method.needs if not n.startswith("head:") and n != "truth"}
    # The baseline that looks at a network looks at one that learned nothing.
    learned = bool(looks) and method.network != "untrained"
    assert (method.kind == "model") == learned


def test_labels_are_unique():
    assert len({m.label for m in METHODS.values()}) == len(METHODS)


@pytest.mark.parametrize("layers", [NAMES, ("middle",)], ids=["all", "one"])
def test_parts_have_their_layer_s_size_and_are_finite(method, layers, make_capture):
    capture = make_capture().at(layers)
    parts = method.explain(capture)
    sizes = {x.name: x.size for x in capture.layers} | {"image": capture.size}
    assert parts
    for layer, part in parts.items():
        assert part.shape == (5, *sizes[layer])
        assert part.dtype.kind == "f"
        assert np.isfinite(part).all()


def test_a_method_reads_only_what_it_says_it_needs(method, make_capture):
    capture = make_capture(seed=1)
    expected = method.explain(capture)
    found = method.explain(only_needed(capture, method.needs))
    assert list(found) == list(expected)
    for layer, part in expected.items():
        np.testing.assert_array_equal(found[layer], part)


def test_a_method_without_a_need_of_it_fails(method, make_capture):
    for need in method.needs - {"biases"}:  # a network may have none
        capture = only_needed(make_capture(), method.needs - {need})
        with pytest.raises((KeyError, AttributeError, TypeError, ValueError)):
            method.explain(capture)


def test_a_batch_is_its_items(method, make_capture):
    capture = make_capture(seed=2)
    parts = method.explain(capture)
    for row in range(5):
        alone = method.explain(pick(capture, slice(row, row + 1)))
        for layer, part in parts.items():
            np.testing.assert_allclose(alone[layer][0], part[row], rtol=1e-5, atol=1e-4)


def test_a_capture_is_left_as_it_was(method, make_capture):
    capture, untouched = make_capture(seed=3), make_capture(seed=3)
    method.explain(capture)
    method.explain(capture)
    np.testing.assert_array_equal(capture.images, untouched.images)
    np.testing.assert_array_equal(capture.noise, untouched.noise)
    for layer, other in zip(capture.layers, untouched.layers, strict=True):
        np.testing.assert_array_equal(layer.features, other.features)
        np.testing.assert_array_equal(layer.gradients, other.gradients)


def test_published_postprocessing():
    """None for linear heads and Respond-CAM, which promise sums; else as published."""
    found = {
        word: {n for n, m in METHODS.items() if m.postprocessing == word}
        for word in POSTPROCESSING
    }
    assert found["relu"] == {
        "grad_cam",
        "grad_cam_plus_plus",
        "xgrad_cam",
        "hires_cam",
        "layer_cam",
        "score_cam",
        "ablation_cam",
        "eigen_grad_cam",
        "cameras",
    }
    assert {*HR_CAMS, "cam", "eigen_cam", "respond_cam"} <= found["none"]
    assert {"gradient", "guided_backprop", "guided_grad_cam"} <= found["absolute"]


# CAM and Grad-CAM


def test_cam_worked_by_hand():
    """Two channels weighted 2 and -1 for the first image, 0 and 10 for the second."""
    features = np.zeros((2, 1, 3, 2), np.float32)
    features[:, 0, :, 0] = [1, 2, 3]
    features[:, 0, :, 1] = [5, 0, 1]
    capture = Capture(
        size=(2, 6),
        ops=np,
        images=np.zeros((2, 2, 6)),
        layers=(Layer("deep", (1, 3), features),),
        heads={"base": {"deep": np.array([[2.0, -1.0], [0.0, 10.0]])}},
    )
    found = METHODS["cam"].explain(capture)
    np.testing.assert_array_equal(found["deep"], [[[-3, 4, 5]], [[50, 0, 10]]])


def test_cam_looks_at_the_last_layer_it_is_shown(make_capture):
    assert list(METHODS["cam"].explain(make_capture())) == ["deep"]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_mean_of_cam_plus_the_bias_is_the_logit(make_capture, seed):
    capture = make_capture(seed).at(("deep",))
    head = random_head(capture, "base", seed=seed)
    logits = head.logits(pooled(capture))
    for k in range(3):
        one = with_head(capture, "base", {"deep": head.weights["deep"][:, k]})
        part = METHODS["cam"].explain(one)["deep"]
        np.testing.assert_allclose(
            part.mean(axis=(1, 2)) + head.bias[k], logits[:, k], atol=1e-5
        )


def test_grad_cam_worked_by_hand():
    features = np.zeros((1, 2, 1, 2), np.float32)
    features[0, :, 0] = [[1, 2], [3, 4]]
    gradients = np.zeros((1, 2, 1, 2), np.float32)
    gradients[0, :, 0] = [[1, -2], [3, 0]]  # means 2 and -1
    layer = Layer("deep", (2, 1), features, gradients)
    capture = Capture((4, 2), np, np.zeros((1, 4, 2)), (layer,))
    found = METHODS["grad_cam"].explain(capture)
    np.testing.assert_array_equal(found["deep"], [[[0], [2]]])


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_grad_cam_times_the_area_is_cam_after_average_pooling(make_capture, seed):
    """The gradient of a linear head on pooled features is weight over area."""
    capture = make_capture(seed).at(("deep",))
    (layer,) = capture.layers
    weights = capture.heads["base"]["deep"]
    area = layer.size[0] * layer.size[1]
    slope = np.broadcast_to(weights[:, None, None] / area, layer.features.shape)
    linear = replace(capture, layers=(replace(layer, gradients=slope),))
    grad_cam = METHODS["grad_cam"].explain(linear)["deep"]
    np.testing.assert_allclose(
        grad_cam * area, METHODS["cam"].explain(linear)["deep"], atol=1e-4
    )


# HR-CAM


@pytest.mark.parametrize("name", HR_CAMS)
def test_hr_cam_s_layers_add_up_to_the_logit(name, make_capture):
    """Completeness of filter heads: bias and the layers' means are the logit."""
    method, capture = METHODS[name], make_capture(4)
    head = random_head(capture, method.head)
    logits = head.logits(pooled(capture))
    for k in range(3):
        weights = {n: w[:, k] for n, w in head.weights.items()}
        parts = method.explain(with_head(capture, method.head, weights))
        means = sum(part.mean(axis=(1, 2)) for part in parts.values())
        np.testing.assert_allclose(means + head.bias[k], logits[:, k], atol=1e-5)
        # The layers shrink by whole numbers, so enlargement keeps every mean.
        finished = compose(parts, {}, capture.size, ("none", "half_pixel", "sum"))
        np.testing.assert_allclose(
            finished.mean(axis=(1, 2)) + head.bias[k], logits[:, k], atol=1e-5
        )


@pytest.mark.parametrize("name", HR_CAMS)
def test_hr_cam_of_one_layer_with_the_network_s_head_is_cam(name, make_capture):
    method, capture = METHODS[name], make_capture(5).at(("deep",))
    same = replace(capture, heads=capture.heads | {method.head: capture.heads["base"]})
    np.testing.assert_array_equal(
        method.explain(same)["deep"], METHODS["cam"].explain(same)["deep"]
    )


@pytest.mark.parametrize("name", HR_CAMS)
def test_hr_cam_reads_its_own_head(name, make_capture):
    capture = make_capture(6)
    head = METHODS[name].head
    found = METHODS[name].explain(capture)
    assert list(found) == list(NAMES)
    for layer in capture.layers:
        expected = np.zeros((5, *layer.size))
        for image in range(5):
            for channel in range(layer.features.shape[-1]):
                weight = capture.heads[head][layer.name][image, channel]
                expected[image] += weight * layer.features[image, :, :, channel]
        np.testing.assert_allclose(found[layer.name], expected, atol=1e-4)


def composed(capture, name="hr_cam"):
    parts = METHODS[name].explain(capture)
    geometry = {"shallow": Geometry((2.0, 2.0), (0.5, 0.5)), "middle": None}
    return compose(parts, geometry, capture.size, ("none", "receptive_field", "sum"))


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_layers_and_channels_does_not_matter(make_capture, seed):
    capture = make_capture(7)
    rng = np.random.default_rng(seed)
    orders = {x.name: rng.permutation(x.features.shape[-1]) for x in capture.layers}
    layers = [
        replace(x, features=x.features[..., orders[x.name]]) for x in capture.layers
    ]
    rng.shuffle(layers)
    weights = {k: w[:, orders[k]] for k, w in capture.heads["hotelling"].items()}
    mixed = replace(capture, layers=tuple(layers), heads={"hotelling": weights})
    np.testing.assert_allclose(composed(mixed), composed(capture), atol=1e-4)


def test_the_scale_of_a_channel_does_not_matter(make_capture):
    capture = make_capture(8)
    factors = {x.name: 2.0 ** np.arange(x.features.shape[-1]) for x in capture.layers}
    scaled = replace(
        capture,
        layers=tuple(
            replace(x, features=x.features * factors[x.name]) for x in capture.layers
        ),
        heads={
            "hotelling": {
                k: w / factors[k] for k, w in capture.heads["hotelling"].items()
            }
        },
    )
    np.testing.assert_allclose(composed(scaled), composed(capture), atol=1e-4)


def test_centered_maps_of_all_classes_cancel(make_capture):
    capture = make_capture(9)
    head = random_head(capture, "hotelling", classes=4)
    total = sum(
        composed(
            with_head(
                capture, "hotelling", {n: w[:, k] for n, w in head.weights.items()}
            )
        ).astype(float)
        for k in range(4)
    )
    assert np.abs(total).max() < 1e-4


def test_a_layer_without_weight_contributes_nothing(make_capture):
    capture = make_capture(10)
    weights = dict(capture.heads["hotelling"])
    weights["middle"] = np.zeros_like(weights["middle"])
    silent = replace(capture, heads={"hotelling": weights})
    assert not METHODS["hr_cam"].explain(silent)["middle"].any()
    np.testing.assert_allclose(
        composed(silent), composed(silent.at(("shallow", "deep"))), atol=1e-6
    )


# Baselines and ceilings


def test_the_random_map_of_an_image_does_not_depend_on_its_batch(make_capture):
    ids = [f"{n:06d}" for n in range(5)]
    capture = replace(make_capture(), noise=noise(ids, (24, 36)))
    together = METHODS["random"].explain(capture)["image"]
    apart = METHODS["random"].explain(
        replace(pick(capture, [3, 1]), noise=noise([ids[3], ids[1]], (24, 36)))
    )["image"]
    np.testing.assert_array_equal(apart, together[[3, 1]])


def test_the_constant_map_is_constant(make_capture):
    assert (METHODS["constant"].explain(make_capture())["image"] == 1).all()


def test_the_center_prior_is_highest_in_the_middle_and_symmetric(make_capture):
    found = METHODS["center_prior"].explain(make_capture())["image"]
    np.testing.assert_array_equal(found, found[:, ::-1])
    np.testing.assert_array_equal(found, found[:, :, ::-1])
    assert found[0, 11:13, 17:19].min() == found.max()
    # One width, a quarter of the side, off the middle: exp(-1/2).
    ratio = found[0, 11, 17 + 9] / found[0, 11, 17]
    assert ratio == pytest.approx(np.exp(-0.5 * (8.5**2 - 0.5**2) / 81), rel=0.05)


@pytest.mark.parametrize("name", ["intensity", "intensity_blurred"])
def test_intensity_is_zero_outside_the_tissue(name, make_capture):
    capture = make_capture(11)
    found = METHODS[name].explain(capture)["image"]
    assert not found[capture.tissue == 0].any()
    assert found[capture.tissue == 1].any()
    assert (found >= 0).all()


def test_intensity_is_zero_at_the_tissue_s_median(make_capture):
    capture = make_capture(12)
    images = capture.images.copy()
    images[:, 10, 10] = capture.tissue_median
    images[:, 10, 11] = capture.tissue_median - 7
    images[:, 10, 12] = capture.tissue_median + 9
    found = METHODS["intensity"].explain(replace(capture, images=images))["image"]
    np.testing.assert_array_equal(found[:, 10, 10:13], np.tile([0, 7, 9], (5, 1)))


def test_blurred_intensity_is_the_blurred_deviation(make_capture):
    capture = make_capture(13)
    deviation = capture.images - capture.tissue_median[:, None, None]
    expected = np.abs(blur(np, deviation * capture.tissue, capture.size, 2.0))
    np.testing.assert_allclose(
        METHODS["intensity_blurred"].explain(capture)["image"],
        expected * capture.tissue,
        atol=1e-3,
    )


def test_sobel_sees_edges_of_both_directions(make_capture):
    capture = make_capture()
    images = np.zeros_like(capture.images)
    images[0, 12:], images[1, :, 20:] = 100, 100
    found = METHODS["sobel"].explain(replace(capture, images=images))["image"]
    np.testing.assert_allclose(found[0, 11:13], 50, rtol=1e-5)
    np.testing.assert_allclose(found[1, :, 19:21], 50, rtol=1e-5)
    assert not found[0, :11].any()
    assert not found[1, :, 21:].any()


def test_local_variance_finds_the_rough_half(make_capture):
    capture = make_capture(14)
    images = np.full_like(capture.images, 100)
    rough = np.random.default_rng(0).normal(100, 20, images[:, :, 18:].shape)
    images[:, :, 18:] = rough
    calm = replace(capture, images=images, tissue=np.ones_like(images))
    found = METHODS["local_variance"].explain(calm)["image"]
    assert (found >= 0).all()
    assert found[:, :, 30].mean() > 100 * found[:, :, 4].mean()


def test_filter_cam_weights_its_bank(make_capture):
    capture = make_capture(15)
    features = bank(np, capture.images, capture.tissue, capture.size)
    assert features.shape == (5, 24, 36, 8)
    assert not features[capture.tissue == 0].any()
    np.testing.assert_array_equal(features[..., 0], capture.images * capture.tissue)
    assert (features[..., 1:] >= 0).all()
    for scale in range(3):  # a place is bright or dark, not both
        assert not (features[..., 2 + scale] * features[..., 5 + scale]).any()
    found = METHODS["filter_cam"].explain(capture)["image"]
    weights = capture.heads["filter"][BANK]
    expected = sum(features[..., k] * weights[:, k, None, None] for k in range(8))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_the_ceiling_of_a_layer_of_the_image_s_size_is_the_mask(make_capture):
    capture = make_capture(layers=(("fine", 24, 36, 2), ("coarse", 4, 9, 3)))
    found = METHODS["ceiling"].explain(capture)
    np.testing.assert_array_equal(found["fine"], capture.truth.mask)
    blocks = capture.truth.mask.reshape(5, 4, 6, 9, 4)
    np.testing.assert_allclose(found["coarse"], blocks.mean(axis=(2, 4)), atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(pixels=st.integers(1, 30), units=st.integers(1, 30))
def test_shares_average_equal_stretches(pixels, units):
    """Compared with an integral on a grid that is fine enough to be exact."""
    found = averager(units, pixels)
    for unit in range(units):
        fine = [(unit * pixels + k) // units for k in range(pixels)]
        # Each of ``pixels`` grid cells of the unit's stretch lies in one pixel.
        expected = np.bincount(fine, minlength=pixels) / pixels
        np.testing.assert_allclose(found[unit], expected, atol=1e-6)


def test_the_effect_is_the_truth_s(make_capture):
    capture = make_capture(16)
    np.testing.assert_array_equal(
        METHODS["effect"].explain(capture)["image"], capture.truth.effect
    )

"""Intervals of HR-CAM maps against refits composed one by one; sheets; inversion."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from hrcam.enlargement import enlarge

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def model(tiny):
    import hrcam
    from hrcam.engine.training import Training

    return hrcam.train(tiny, settings=Training(epochs=2, batch=8))


@pytest.fixture(scope="module")
def ids(tiny):
    return tiny.ids("test")[3:8]


@pytest.fixture(scope="module")
def bounded(model, tiny, ids):
    import hrcam

    return hrcam.map_interval(model, tiny, ids, refits=9, level=0.8, seed=1)


def one_by_one(model, tiny, ids, refits, seed):
    """Compose the map of every refit by itself, from NumPy features."""
    from hrcam.balancing import fit_balanced
    from hrcam.bootstrap import bootstrap
    from hrcam.engine.keras_models.recorder import prepare
    from hrcam.engine.probe import Wants
    from hrcam.pipeline.fitting import labeled_maps, pooled

    recorder = prepare(model.network)
    pools = pooled(recorder, tiny, "test")
    names = tuple(tap.name for tap in recorder.taps)
    looks = (
        labeled_maps(recorder, tiny, tiny.ids(split), names)
        for split in ("train", "validation")
    )
    head = fit_balanced(pools.training, *looks, 2, [names])[names]
    subjects = tiny.index.set_index("image_id").loc[tiny.ids("train"), "subject"]
    weights = bootstrap(
        pools.training,
        head,
        refits=refits,
        seed=seed,
        groups=subjects.to_numpy(),
    )
    pixels = tiny.read("image", ids).astype(np.float32)[..., None]
    look = recorder.look(pixels, np.zeros((len(ids), 2), "f4"), Wants(names))
    maps = []
    for refit in range(refits):
        total = 0
        for tap in recorder.taps:
            contrast = weights[tap.name][refit] @ [-1.0, 1.0]
            part = np.asarray(look.features[tap.name]) @ contrast
            total = total + enlarge(part.astype("f4"), pixels.shape[1:3], tap.geometry)
        maps.append(total)
    return np.stack(maps)


def test_the_map_is_hr_cam_s(bounded, model, tiny, ids):
    import hrcam

    maps = hrcam.explain(model, tiny, ["hr_cam"])["hr_cam"]
    expected = maps.read(ids)
    assert bounded.ids == tuple(ids)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(bounded.maps, expected, atol=1e-4 * scale)


def test_bounds_are_quantiles_of_the_refits_composed_one_by_one(
    bounded, model, tiny, ids
):
    refits = one_by_one(model, tiny, ids, 9, seed=1)
    scale = np.abs(refits).max()
    for found, share in ((bounded.low, 0.1), (bounded.high, 0.9)):
        expected = np.quantile(refits, share, axis=0)
        np.testing.assert_allclose(found, expected, atol=1e-4 * scale)
    assert (bounded.low <= bounded.high).all()
    assert (bounded.high - bounded.low).max() > 0.01 * scale


def test_intervals_can_be_repeated_and_do_not_depend_on_the_other_images(
    bounded, model, tiny, ids
):
    import hrcam

    how = {"refits": 9, "level": 0.8, "seed": 1}
    alone = hrcam.map_interval(model, tiny, ids[2:3], **how)
    scale = np.abs(bounded.maps).max()
    np.testing.assert_allclose(alone.low[0], bounded.low[2], atol=1e-5 * scale)
    other = hrcam.map_interval(model, tiny, ids[2:3], **{**how, "seed": 2})
    assert np.abs(other.low - alone.low).max() > 1e-3 * scale
    wider = hrcam.map_interval(model, tiny, ids[2:3], **{**how, "level": 0.95})
    assert (wider.low <= alone.low).all()
    assert (wider.high >= alone.high).all()


def test_subjects_are_drawn_whole(bounded, model, tiny, ids):
    import hrcam

    index = tiny.index.copy()
    index["subject"] = [f"s{k // 4}" for k in range(len(index))]
    shared = replace(tiny, index=index)
    found = hrcam.map_interval(model, shared, ids, refits=9, level=0.8, seed=1)
    refits = one_by_one(model, shared, ids, 9, seed=1)
    scale = np.abs(refits).max()
    expected = np.quantile(refits, 0.1, axis=0)
    np.testing.assert_allclose(found.low, expected, atol=1e-4 * scale)
    assert np.abs(found.low - bounded.low).max() > 1e-3 * scale


def test_every_image_has_its_own_target_in_any_batch(model, tiny, monkeypatch):
    import hrcam
    from hrcam.pipeline import map_intervals

    some = tiny.ids("test")[:5]
    labels = tiny.index.set_index("image_id").loc[some, "label"].to_numpy()
    asked = 1 - labels if len(set(labels)) > 1 else np.arange(5) % 2
    how = {"refits": 4, "target": asked, "form": "logit"}
    whole = hrcam.map_interval(model, tiny, some, **how)
    monkeypatch.setattr(map_intervals, "PIECE", 2 * 5 * 48 * 40)
    pieces = hrcam.map_interval(model, tiny, some, **how)
    scale = np.abs(whole.maps).max()
    for name in ("maps", "low", "high"):
        one, other = getattr(whole, name), getattr(pieces, name)
        np.testing.assert_allclose(one, other, atol=1e-5 * scale)


@pytest.mark.parametrize(
    "method",
    ["hr_cam_convex", "hr_cam_pattern", "hr_cam_centroid@stage3", "hr_cam_destrided"],
)
def test_every_head_that_can_be_refitted_at_any_layer(method, model, tiny, ids):
    import hrcam

    found = hrcam.map_interval(model, tiny, ids, method, refits=3)
    expected = next(iter(hrcam.explain(model, tiny, [method]).values())).read(ids)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found.maps, expected, atol=1e-4 * scale)
    assert (found.low <= found.high).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"refits": 1}, "refits must be 2 or more and level in (0, 1), got 1 and 0.95"),
        (
            {"level": 1.0},
            "refits must be 2 or more and level in (0, 1), got 100 and 1.0",
        ),
        ({"ids": []}, "ids must name images of the dataset, got none"),
        ({"ids": ["mine"]}, "ids must name images of the dataset, got 'mine'"),
        (
            {"method": "grad_cam"},
            "method must have a head that can be refitted (hotelling, convex, pattern, "
            "centroid), got 'grad_cam'; use hr_cam",
        ),
        (
            {"method": "hr_cam@all-max"},
            "method must be one that sees its layers together, got hr_cam@all-max; "
            "name one",
        ),
    ],
)
def test_what_has_no_interval_is_refused(asked, message, model, tiny):
    import hrcam

    with pytest.raises(ValueError) as error:  # noqa: PT011  the whole message
        hrcam.map_interval(model, tiny, **asked)
    assert str(error.value) == message


def test_a_picture_has_a_row_per_image(bounded):
    assert repr(bounded) == (
        "MapInterval(hr_cam, 5 images, 80 % interval from 9 refits)"
    )
    picture = bounded.picture()
    assert picture == bounded._repr_png_()
    few, many = (Image.open(io.BytesIO(bounded.picture(most))).size for most in (1, 3))
    assert few[0] == many[0]
    assert few[1] < many[1]


@pytest.mark.parametrize(
    "method", ["hr_cam_untrained", "hr_cam_doubled", "hr_cam_destrided"]
)
def test_rivals_are_explained_beside_the_network_itself(method, model, tiny):
    import hrcam
    from hrcam.engine.keras_models.recorder import prepare
    from hrcam.engine.variants import vary

    maps = hrcam.explain(model, tiny, ["hr_cam", method])
    recorder = prepare(model.network)
    last = recorder.taps[-1]
    names = {
        "hr_cam_untrained": ["hr_cam_untrained"],
        "hr_cam_doubled": [f"hr_cam_doubled@{last.name}", "hr_cam_doubled"],
        "hr_cam_destrided": [f"hr_cam_destrided@{last.name}"],
    }[method]
    assert list(maps) == ["hr_cam", *names]
    size = vary(recorder, method.removeprefix("hr_cam_")).taps[-1].size
    assert (np.prod(size) > 3 * np.prod(last.size)) == (method != "hr_cam_untrained")
    for name in names:
        assert maps[name].parts[last.name].shape[1:] == size
        assert maps[name].names["kind"] == (
            "baseline" if method == "hr_cam_untrained" else "model"
        )
    own, rival = (maps[n].read(tiny.ids("test")) for n in ("hr_cam", names[0]))
    assert np.abs(own - rival).max() > 0.01 * np.abs(own).max()


def test_inversions_are_written_and_not_overwritten(model, tiny_folder, tmp_path):
    from hrcam.cli import app
    from hrcam.pipeline.model import save

    (tmp_path / "model").mkdir()
    save(model, tmp_path / "model")
    words = ["invert", str(tmp_path / "model"), str(tiny_folder)]
    words += ["--out", str(tmp_path / "kept"), "--images", "3", "--steps", "5"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "stage1 " in done.output
    names = sorted(p.name for p in (tmp_path / "kept").iterdir())
    assert names == ["inversions.npz", "inversions.png"]
    with np.load(tmp_path / "kept" / "inversions.npz") as arrays:
        assert arrays["images"].shape == (3, 48, 40, 1)
        assert arrays["stage5"].shape == (3, 48, 40, 1)
        assert arrays["stage5/errors"].shape == (3,)
        assert arrays["stage5/losses"].shape == (6, 3)
    again = CliRunner().invoke(app, words)
    assert isinstance(again.exception, FileExistsError)
    assert CliRunner().invoke(app, [*words, "--overwrite"]).exit_code == 0


def test_images_to_invert_are_taken_from_the_classes_in_turn(model, tiny):
    import hrcam

    found = hrcam.invert(model, tiny, 4, steps=1)
    labels = tiny.index.set_index("image_id").loc[list(found.ids), "label"]
    assert labels.tolist() == [0, 1, 0, 1]
    assert repr(found).startswith("Inversions(4 images: stage1, ")
    again = hrcam.invert(model, tiny, found.ids[2:], steps=1)
    np.testing.assert_allclose(
        again.layers["stage2"].images[0], found.layers["stage2"].images[2], atol=0.5
    )
    for asked, message in (
        (0, "images must be between 1 and 16, got 0"),
        (17, "images must be between 1 and 16, got 17"),
        (["mine"], "images must be of the split 'test', got 'mine'"),
    ):
        with pytest.raises(ValueError) as error:  # noqa: PT011  the whole message
            hrcam.invert(model, tiny, asked)
        assert str(error.value) == message

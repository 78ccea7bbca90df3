"""``hrcam.score`` on arrays, files, maps of ours, with a dataset and without."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hrcam
from hrcam.capture import Geometry
from hrcam.entries import Entry
from hrcam.maps import Explained, facts, gather
from hrcam.maps_folder import write_maps
from hrcam.methods import METHODS
from hrcam.pipeline.collecting import collect
from hrcam.pipeline.explaining import EVIDENCE, is_maps_folder, open_maps
from hrcam.pipeline.gallery import to_levels
from hrcam.pipeline.truths import find_masks
from metrics import ScoreOptions

OPTIONS = ScoreOptions(resamples=100)
SIZE = (48, 40)
#: Half-pixel places the first layer alike, and the second one elsewhere.
PLACES = {
    "shallow": Geometry((2.0, 2.0), (0.5, 0.5)),
    "deep": Geometry((8.0, 8.0), (0.0, 0.0)),
}
SIZES = {"shallow": (24, 20), "deep": (6, 5), "image": SIZE}
ENTRIES = (
    Entry(METHODS["hr_cam"], ("shallow", "deep")),
    Entry(METHODS["cam"], ("shallow",)),
    Entry(METHODS["grad_cam"], ("deep",)),
    Entry(METHODS["sobel"]),
)
TABLE = {e.name: facts(e, SIZE, PLACES, {"architecture": "made-up"}) for e in ENTRIES}
KNOWN = {
    "classifier": {"classes": ["normal", "abnormal"], "splits": {}},
    "heads": {"layers": ["shallow", "deep"], "heads": [], "penalties": []},
    "provenance": {"architecture": "made-up", "recipe_name": "tiny"},
}


def noisy(masks, strength, seed=0):
    rng = np.random.default_rng(seed)
    return (masks * strength + rng.normal(size=masks.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def ids(tiny):
    return tiny.ids("test")


@pytest.fixture(scope="module")
def masks(tiny, ids):
    return tiny.read("mask", ids)


@pytest.fixture(scope="module")
def maps(masks):
    return {"good": noisy(masks, 2.0, 1), "poor": noisy(masks, 0.3, 2)}


@pytest.fixture(scope="module")
def batches(masks):
    rng = np.random.default_rng(3)
    count = len(masks)
    return [
        {
            e.name: {
                layer: rng.normal(size=(count, *SIZES[layer])).astype(np.float32)
                for layer in e.layers or ("image",)
            }
            for e in ENTRIES
        }
    ]


@pytest.fixture(scope="module")
def predictions(ids):
    correct = np.arange(len(ids)) % 4 != 0
    return pd.DataFrame({"image_id": ids, "correct": correct})


@pytest.fixture(scope="module")
def explained(batches, ids, predictions):
    return Explained(gather(TABLE, batches, ids), KNOWN, predictions)


@pytest.fixture(scope="module")
def maps_folder(batches, ids, predictions, tmp_path_factory):
    """A folder as ``hrcam explain`` writes it."""
    folder = tmp_path_factory.mktemp("maps")
    write_maps(folder, TABLE, batches)
    pd.DataFrame({"image_id": ids}).to_parquet(folder / "index.parquet", index=False)
    predictions.to_parquet(folder / "predictions.parquet", index=False)
    for name in EVIDENCE:
        (folder / f"{name}.json").write_text(json.dumps(KNOWN[name]))
    return folder


@pytest.fixture(scope="module")
def scored(explained, tiny):
    return hrcam.score(explained, tiny, options=OPTIONS)


@pytest.fixture
def files(maps, masks, ids, tmp_path):
    """The same maps and masks as files: .npy and 16-bit .png, and masks as .png."""
    for folder in ("npy", "png", "masks"):
        (tmp_path / folder).mkdir()
    low, high = maps["good"].min(), maps["good"].max()
    for row, image in enumerate(ids):
        np.save(tmp_path / "npy" / f"{image}.npy", maps["good"][row])
        scaled = np.round((maps["good"][row] - low) / (high - low) * 65535)
        Image.fromarray(scaled.astype(np.uint16)).save(
            tmp_path / "png" / f"{image}.png"
        )
        Image.fromarray((masks[row] * 255).astype(np.uint8)).save(
            tmp_path / "masks" / f"{image}.png"
        )
    return tmp_path


def values(scores, entry, score="average_precision"):
    return scores.values_of(entry, score)


def test_arrays_in_memory(maps, masks):
    scores = hrcam.score(maps, masks, options=OPTIONS)
    assert [entry["name"] for entry in scores.entries] == ["good", "poor"]
    assert {entry["kind"] for entry in scores.entries} == {"external"}
    assert scores.ids == tuple(f"{n:06d}" for n in range(len(masks)))
    lesion = masks.any(axis=(1, 2))
    assert np.isnan(values(scores, "good")[~lesion]).all()
    assert np.nanmean(values(scores, "good")) > np.nanmean(values(scores, "poor"))
    assert scores.results["images"]["with_lesion"] == lesion.sum()


def test_a_map_is_scored_alike_from_memory_and_from_files(maps, masks, ids, files):
    memory = hrcam.score(maps, masks, options=OPTIONS)
    disk = hrcam.score(
        {"npy": files / "npy", "png": files / "png"}, files / "masks", options=OPTIONS
    )
    assert disk.ids == tuple(ids)
    for score in ("auroc", "average_precision"):
        expected = values(memory, "good", score)
        np.testing.assert_allclose(values(disk, "npy", score), expected, atol=1e-12)
        # 16 bits tie some pixels that float32 does not.
        np.testing.assert_allclose(values(disk, "png", score), expected, atol=1e-3)


def test_an_array_is_scored_on_the_images_of_a_dataset_s_split(maps, tiny, ids):
    scores = hrcam.score(maps, tiny, options=OPTIONS)
    assert scores.ids == tuple(ids)
    train = np.zeros((16, *SIZE), np.float32)
    scores = hrcam.score({"flat": train}, tiny, split="train", options=OPTIONS)
    assert scores.ids == tuple(tiny.ids("train"))


def test_a_dataset_in_memory_and_its_folder_score_alike(maps, tiny, tiny_folder):
    memory = hrcam.score(maps, tiny, options=OPTIONS)
    disk = hrcam.score(maps, tiny_folder, options=OPTIONS)
    pd.testing.assert_frame_equal(memory.table, disk.table)
    assert memory.results == disk.results


def test_strata_come_from_the_dataset(maps, tiny, ids):
    scores = hrcam.score(maps, tiny, options=OPTIONS)
    assert list(scores.table)[-4:] == ["subject", "label", "lesion", "d_prime"]
    rows = scores.table[scores.table["method"] == "good"].drop_duplicates("image_id")
    index = tiny.index.set_index("image_id").loc[ids]
    for name in ("subject", "label", "lesion"):
        assert rows[name].tolist() == index[name].tolist()
    names = [stratum["name"] for stratum in scores.results["strata"]]
    assert names[0] == "all"
    assert "correct" not in names
    assert {"lesion=focal", "lesion=texture_swap"} <= set(names)


def test_plain_masks_have_no_strata(maps, masks):
    scores = hrcam.score(maps, masks, options=OPTIONS)
    assert "lesion" not in scores.table
    names = [stratum["name"] for stratum in scores.results["strata"]]
    assert not [name for name in names if name.startswith(("lesion", "correct"))]


def test_maps_of_a_run_know_where_the_classifier_was_right(scored, ids, masks):
    strata = {s["name"]: s["n"] for s in scored.results["strata"]}
    right = np.arange(len(ids)) % 4 != 0
    assert strata["all"] == masks.any(axis=(1, 2)).sum()
    assert strata["correct"] == (right & masks.any(axis=(1, 2))).sum()
    rows = scored.table.drop_duplicates("image_id").set_index("image_id")
    assert rows.loc[ids, "correct"].tolist() == right.tolist()


def test_two_runs_have_no_classifier_that_is_right(explained, tiny):
    other = Explained(
        {"other": explained["sobel"]}, KNOWN, explained.predictions.assign(correct=True)
    )
    first = Explained({"cam": explained["cam@shallow"]}, KNOWN, explained.predictions)
    scores = hrcam.score({"a": first, "b": other}, tiny, options=OPTIONS)
    assert "correct" not in scores.table
    assert "heads" not in scores.evidence


def test_maps_without_predictions_are_scored_too(explained, tiny):
    scores = hrcam.score(Explained(explained.entries), tiny, options=OPTIONS)
    assert "correct" not in scores.table


def test_half_pixel_twins_stand_where_they_differ(explained):
    """Only of maps whose units look elsewhere: a verdict must survive both."""
    sources, runs = collect(explained)
    assert list(sources) == [
        "hr_cam",
        "hr_cam/half_pixel",
        "cam@shallow",
        "grad_cam@deep",
        "grad_cam@deep/half_pixel",
        "sobel",
    ]
    assert runs == [explained]
    assert sources["hr_cam/half_pixel"].names["alignment"] == "half_pixel"


def test_entries_are_named_in_the_scores_as_they_are_collected(scored, explained):
    assert [e["name"] for e in scored.entries] == list(collect(explained)[0])
    twins = [e for e in scored.entries if e["alignment"] == "half_pixel"]
    assert {e["method"] for e in twins} == {"hr_cam", "grad_cam"}
    assert scored.results["options"]["reference"] == "hr_cam"


def test_maps_of_ours_score_alike_from_memory_and_from_disk(scored, maps_folder, tiny):
    assert is_maps_folder(maps_folder)
    disk = hrcam.score({"run": maps_folder}, tiny, options=OPTIONS)
    np.testing.assert_allclose(
        disk.table["value"].to_numpy(), scored.table["value"].to_numpy(), atol=1e-5
    )
    pd.testing.assert_frame_equal(
        disk.table.drop(columns="value"), scored.table.drop(columns="value")
    )
    assert disk.evidence["provenance"] == scored.evidence["provenance"]


def test_maps_of_ours_stand_beside_anybody_s(explained, maps, tiny):
    scores = hrcam.score({"run": explained, **maps}, tiny, options=OPTIONS)
    kinds = {entry["name"]: entry["kind"] for entry in scores.entries}
    assert kinds["hr_cam"] == "model"
    assert kinds["sobel"] == "baseline"
    assert kinds["good"] == "external"
    assert "correct" in scores.table  # one run of ours among them


def test_two_entries_of_one_name_are_refused(explained, maps, tiny):
    message = "entries must have unique names, got 'sobel' twice; score apart"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        hrcam.score({"run": explained, "sobel": maps["good"]}, tiny)


def test_masks_that_are_nowhere_are_refused(maps, tmp_path):
    path = tmp_path / "nowhere"
    message = f"--masks must be a dataset or a folder of masks, got no {path}"
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
        hrcam.score(maps, path)


def test_an_incomplete_maps_folder_is_refused(tmp_path):
    write_maps(tmp_path, {}, [])
    message = (
        f"{tmp_path} must be a folder of `hrcam explain`, got none of index.parquet, "
        "predictions.parquet, classifier.json, heads.json, provenance.json"
    )
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
        open_maps(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "maps.json",
        "index.parquet",
        "predictions.parquet",
        "heads.json",
        "maps.zarr/zarr.json",
        "maps.zarr/hr_cam/deep/zarr.json",
        "maps.zarr/hr_cam/deep/c/0/0/0",
    ],
)
def test_a_truncated_file_of_a_maps_folder(maps_folder, tiny, tmp_path, name):
    broken = shutil.copytree(maps_folder, tmp_path / "maps")
    content = (broken / name).read_bytes()
    (broken / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"; explain the model again$") as problem:
        hrcam.score({"run": broken}, tiny, tmp_path / "scores", options=OPTIONS)
    assert str(broken) in str(problem.value)
    assert [p.name for p in tmp_path.iterdir()] == ["maps"]


def test_the_source_of_a_dataset_s_masks(tiny, ids, masks):
    source, dataset = find_masks(tiny, "test")
    assert dataset is tiny
    assert source.ids == tuple(ids)
    truth = source.read(ids[::-1])
    np.testing.assert_array_equal(truth.lesion, masks[::-1])
    assert truth.soft is None
    numbers = tiny.read("instances", ids[::-1])
    np.testing.assert_array_equal(truth.lesions, np.where(masks[::-1], numbers, 0))


def test_an_unknown_region_is_refused(maps, tiny):
    message = r"^region must be one of mask, distinctive, effect, got 'lesion'$"
    with pytest.raises(ValueError, match=message):
        hrcam.score(maps, tiny, region="lesion")


def test_the_distinctive_region_is_scored_when_asked(maps, tiny):
    lesions, own = (
        hrcam.score(maps, tiny, region=region, options=OPTIONS)
        for region in ("mask", "distinctive")
    )
    assert own.evidence["data"]["truth"] == "distinctive"
    pd.testing.assert_frame_equal(own.table, lesions.table)  # one class has lesions


def test_an_unknown_split_is_refused(maps, tiny):
    with pytest.raises(ValueError, match=r"^split must be one of .*, got 'tset'$"):
        hrcam.score(maps, tiny, split="tset")


# Evidence


def test_evidence_of_a_run_on_a_dataset(scored, tiny, ids, masks):
    evidence = scored.evidence
    known = {"classifier", "heads", "provenance", "data", "panels", "gallery"}
    assert set(evidence) == known
    assert evidence["classifier"] == KNOWN["classifier"]
    assert evidence["heads"] == KNOWN["heads"]
    provenance = evidence["provenance"]
    assert provenance["title"] == "Class-activation maps on tiny"
    assert provenance["architecture"] == "made-up"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", provenance["date"])
    assert "numpy" in provenance["versions"]
    data = evidence["data"]
    assert data["size"] == [48, 40]
    assert data["classes"] == ["normal", "abnormal"]
    assert sum(row["images"] for row in data["splits"]) == 40
    assert data["noise"] == "rician, sigma 0.015 to 0.035"
    focal = tiny.index.set_index("image_id").loc[ids, "lesion"].to_numpy() == "focal"
    shares = masks.mean(axis=(1, 2))[focal]
    assert data["mask_area"]["focal"]["median"] == pytest.approx(np.median(shares))
    assert set(data["mask_area"]) == {"focal", "texture_swap"}


def test_panels_show_the_images_masks_and_maps_of_the_printed_choice(scored, tiny):
    panels = scored.evidence["panels"]
    chosen = [panel["image_id"] for panel in scored.results["panels"]]
    assert chosen
    assert panels["ids"].tolist() == chosen
    assert panels["names"].tolist() == [entry["name"] for entry in scored.entries]
    np.testing.assert_array_equal(panels["images"], tiny.read("image", chosen))
    np.testing.assert_array_equal(panels["masks"], tiny.read("mask", chosen))
    assert panels["maps"].shape == (len(chosen), 6, *SIZE)
    assert panels["maps"].dtype == np.float32
    assert len(panels["thumbnails"]) == len(panels["thumbnail_labels"]) == 6


def test_panels_show_the_layers_of_the_reference(scored):
    panels = scored.evidence["panels"]
    assert panels["layer_names"].tolist() == ["shallow", "deep"]
    total = panels["layer_maps"].sum(axis=1)
    reference = panels["names"].tolist().index("hr_cam")
    np.testing.assert_allclose(total, panels["maps"][:, reference], atol=1e-5)


def test_the_gallery_marks_what_is_scored(scored, tiny):
    gallery = scored.evidence["gallery"]
    ids = [row["image_id"] for row in scored.results["gallery"]["images"]]
    assert gallery["ids"].tolist() == ids
    np.testing.assert_array_equal(gallery["masks"], tiny.read("mask", ids))
    np.testing.assert_array_equal(gallery["images"], tiny.read("image", ids))
    assert gallery["levels"].shape == (len(ids), 6, *SIZE)
    for k, mask in enumerate(gallery["masks"]):
        for entry in range(6):
            assert gallery["status"][k, entry] in ("ok", "empty_mask", "constant_map")
            for level in (0, 30, 55, 100):
                marked = gallery["levels"][k, entry] >= level
                assert (marked & mask).sum() == gallery["hits"][k, entry, level]
                assert (marked & ~mask).sum() == gallery["false"][k, entry, level]


def test_levels_of_many_maps_are_averaged_over_blocks():
    maps = np.array([[[0.0, 1.0, 1.0], [0.0, 1.0, np.nan]], np.ones((2, 3))])
    found = to_levels(maps, 2)
    assert found.shape == (2, 1, 2)
    assert found[0].tolist() == [[50, 255]]
    assert found[1].tolist() == [[0, 0]]


def test_evidence_without_a_dataset(maps, masks):
    scores = hrcam.score(maps, masks, options=OPTIONS, command="hrcam score")
    assert set(scores.evidence) == {"provenance", "panels", "gallery"}
    assert scores.evidence["provenance"]["title"] == "Comparison of saliency maps"
    assert scores.evidence["provenance"]["command"] == "hrcam score"
    assert "images" not in scores.evidence["panels"]
    assert "thumbnails" not in scores.evidence["panels"]


def test_images_to_draw_on_may_come_from_a_folder(tiny, ids, files):
    (files / "images").mkdir()
    for image, pixels in zip(ids, tiny.read("image", ids), strict=True):
        np.save(files / "images" / f"{image}.npy", pixels * 10.0 - 5)
    scores = hrcam.score(
        {"npy": files / "npy"},
        files / "masks",
        images=files / "images",
        options=OPTIONS,
    )
    panels = scores.evidence["panels"]
    pixels = tiny.read("image", panels["ids"].tolist()).astype(float)
    expected = (pixels - pixels.min()) / (pixels.max() - pixels.min()) * 255
    assert panels["images"].dtype == np.uint8
    np.testing.assert_allclose(panels["images"], expected, atol=0.51)


def test_a_panel_without_a_map_is_nan(masks, ids, files):
    lesion = [image for image, m in zip(ids, masks, strict=True) if m.any()]
    (files / "npy" / f"{lesion[0]}.npy").unlink()
    sources = {"png": files / "png", "npy": files / "npy"}
    options = replace(OPTIONS, missing="drop")
    scores = hrcam.score(sources, files / "masks", options=options)
    panels = scores.evidence["panels"]
    for row, image in enumerate(panels["ids"].tolist()):
        assert np.isfinite(panels["maps"][row, 0]).all()
        assert np.isnan(panels["maps"][row, 1]).all() == (image == lesion[0])
    missing = scores.table["status"] == "missing"
    assert set(scores.table.loc[missing, "image_id"]) == {lesion[0]}


# The folder


def test_scores_are_written_and_read_back(maps, tiny, tmp_path, listed):
    memory = hrcam.score(maps, tiny, options=OPTIONS)
    disk = hrcam.score(maps, tiny, tmp_path / "scores", options=OPTIONS)
    assert [p.name for p in tmp_path.iterdir()] == ["scores"]
    assert {"scores.parquet", "scores.csv", "curves.zarr", "results.json"} <= set(
        listed(tmp_path / "scores")
    )
    assert disk.ids == memory.ids
    np.testing.assert_array_equal(disk.table["value"], memory.table["value"])
    assert set(disk.evidence) == set(memory.evidence)


def test_an_occupied_folder_is_refused_before_any_work(tmp_path):
    message = f"{tmp_path} must not exist yet; choose another --out or pass --overwrite"
    with pytest.raises(FileExistsError, match=f"^{re.escape(message)}$"):
        hrcam.score({"mine": tmp_path / "nowhere"}, tmp_path / "nowhere", tmp_path)


def test_a_second_scoring_overwrites_when_told_to(maps, masks, tmp_path):
    out = tmp_path / "scores"
    hrcam.score({"good": maps["good"]}, masks, out, options=OPTIONS)
    hrcam.score({"poor": maps["poor"]}, masks, out, options=OPTIONS, overwrite=True)
    results = json.loads((out / "results.json").read_text())
    assert [entry["name"] for entry in results["entries"]] == ["poor"]
    assert [p.name for p in tmp_path.iterdir()] == ["scores"]


def test_progress_counts_the_images(maps, masks):
    seen = []
    hrcam.score(maps, masks, options=OPTIONS, progress=seen.append)
    assert sum(seen) == len(masks)


# Thresholds tuned on other images.


def split_maps(tiny, split, strength=1.5):
    return {"good": noisy(tiny.read("mask", tiny.ids(split)), strength, seed=3)}


def test_thresholds_are_tuned_on_the_validation_split(tiny, tmp_path):
    before = hrcam.score(
        split_maps(tiny, "validation"),
        tiny,
        tmp_path / "tuning",
        split="validation",
        options=OPTIONS,
    )
    maps = split_maps(tiny, "test")
    for tuned_on in (before, tmp_path / "tuning"):
        scores = hrcam.score(maps, tiny, tuned_on=tuned_on, options=OPTIONS)
        threshold = scores.results["options"]["tuned"]["good"]
        assert 0 < threshold < 1
        at = hrcam.score(
            maps, tiny, options=ScoreOptions(thresholds=(threshold,), resamples=100)
        )
        for name in ("dice", "iou", "precision", "sensitivity", "specificity"):
            np.testing.assert_array_equal(
                values(scores, "good", f"{name}_tuned"),
                at.values_of("good", name, threshold),
            )
        assert np.nanmean(values(scores, "good", "dice_oracle")) >= np.nanmean(
            values(scores, "good", "dice_tuned")
        )


def test_thresholds_are_never_tuned_on_the_scored_images(maps, tiny):
    before = hrcam.score(maps, tiny, options=OPTIONS)
    first = min(before.ids)
    message = (
        f"thresholds must be tuned on other images, got {first!r} and "
        f"{len(before.ids) - 1} more in both; score the validation split for it"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        hrcam.score(maps, tiny, tuned_on=before)


def test_every_entry_needs_a_tuned_threshold(maps, tiny):
    tuning = split_maps(tiny, "validation")
    before = hrcam.score(tuning, tiny, split="validation", options=OPTIONS)
    other = {**maps, "late": next(iter(maps.values()))}
    lost = next(name for name in other if name not in tuning)
    message = (
        f"thresholds must be tuned for every entry, got none for {lost!r}; "
        "score its maps of the other images too"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        hrcam.score(other, tiny, tuned_on=before)


def test_maps_of_another_dataset_are_refused(batches, ids, predictions, tiny):
    known = {**KNOWN, "provenance": {"dataset": "f" * 64}}
    theirs = Explained(gather(TABLE, batches, ids), known, predictions)
    message = (
        f"maps must be of the dataset whose masks are scored, got maps of {'f' * 12} "
        f"and masks of {tiny.identity[:12]}; explain this one"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        hrcam.score(theirs, tiny)


def test_the_effect_is_a_soft_truth(maps, tiny, ids):
    scores = hrcam.score(maps, tiny, region="effect", options=OPTIONS)
    effect = np.abs(tiny.read("effect", ids)).astype(float)
    row = int(np.argmax(effect.max(axis=(1, 2)) > 0))
    share = effect[row] / effect[row].max()
    map = np.asarray(maps["good"][row], float)
    marked = (map - map.min()) / (map.max() - map.min()) >= 0.3
    expected = share[marked].sum() / share.sum()
    got = scores.values_of("good", "sensitivity", 0.3)[row]
    assert got == pytest.approx(expected, rel=1e-12)
    assert scores.evidence["data"]["truth"] == "effect"


def test_workers_change_no_number(maps, masks):
    one = hrcam.score(maps, masks, options=OPTIONS)
    three = hrcam.score(maps, masks, options=OPTIONS, workers=3)
    pd.testing.assert_frame_equal(one.table, three.table)


def test_what_was_published_stands_beside_the_classifier_s_scores(
    explained, scored, tiny
):
    assert "published" not in scored.evidence["classifier"]
    named = replace(tiny, recipe=tiny.recipe.model_copy(update={"name": "bone-lr"}))
    quick = replace(OPTIONS, checks=False)
    told = hrcam.score(explained, named, options=quick).evidence["classifier"]
    assert told["classes"] == ["normal", "abnormal"]
    assert told["published"]["networks"]["resnet50"]["f1_positive"] == 0.72
    mine = {"source": "a", "data": "b", "networks": {}}
    scores = hrcam.score(explained, named, options=quick, published=mine)
    assert scores.evidence["classifier"]["published"] == mine

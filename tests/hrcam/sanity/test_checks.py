"""The checks on a real network and real images."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hrcam.pipeline.sanity.likeness import Findings, arrays
from hrcam.pipeline.sanity.options import Options

pytestmark = pytest.mark.engine

METHODS = ("hr_cam", "cam", "grad_cam", "sobel", "random")
OPTIONS = Options(METHODS, images=6, training=0, draws=1)


@pytest.fixture(scope="module")
def setting(model, several):
    from hrcam.pipeline.sanity.setting import begin

    return begin(model, several, OPTIONS)


@pytest.fixture(scope="module")
def cascade(setting):
    """Rows of the cascade by (variant, depth, entry, measure), and the long table."""
    from hrcam.pipeline.sanity.weights import randomize

    findings = Findings()
    told = []
    randomize(setting, findings, told.append)
    assert told == [6] * 6
    rows = {
        (r["variant"], r["depth"], r["entry"], r["measure"]): r
        for r in findings.comparisons
    }
    return rows, pd.concat(findings.rows)


def mean(cascade, *key):
    return cascade[0][key]["mean"]


def test_the_steps_go_from_the_logits_to_the_image(cascade):
    steps = {r["depth"]: r["step"] for r in cascade[0].values()}
    assert list(steps.values()) == [
        *("logits", "stage5", "stage4", "stage3", "stage2", "stage1")
    ]


def test_maps_that_see_no_network_stay_as_they_are(cascade):
    for depth in range(1, 7):
        for entry in ("sobel", "random"):
            assert mean(cascade, "own", depth, entry, "spearman") == pytest.approx(1)
            assert mean(cascade, "own", depth, entry, "ssim") == pytest.approx(1)


def test_maps_that_see_the_network_are_computed_through_the_new_weights(cascade):
    # A stale trace, or a captured layer of the old network, would give 1 throughout.
    for entry in ("cam@stage5", "grad_cam@stage4", "grad_cam@stage5"):
        for depth in range(1, 7):
            # Rectified maps that are negative throughout are constant: changed too.
            for measure in ("ssim", "spearman"):
                assert not mean(cascade, "own", depth, entry, measure) > 0.98
    assert mean(cascade, "own", 6, "cam@stage5", "spearman") < 0.9


def test_a_step_reaches_hr_cam_once_it_reaches_a_layer_that_counts(cascade, setting):
    """Layers whose maps tell nothing of the classes have no weight."""
    parts = setting.explained["hr_cam"].parts
    counting = [k for k in range(1, 6) if np.asarray(parts[f"stage{k}"]).any()]
    steps = 7 - max(counting)  # the first is the logits', the second stage 5's
    found = {
        variant: [
            mean(cascade, variant, depth, "hr_cam", "spearman") for depth in range(1, 7)
        ]
        for variant in ("kept", "refitted")
    }
    assert found["kept"][: steps - 1] == pytest.approx([1] * (steps - 1), abs=1e-6)
    assert max(found["kept"][steps - 1 :]) < 0.999
    assert found["refitted"][0] == pytest.approx(1, abs=1e-6)
    assert found["refitted"][-1] < 0.999
    assert mean(cascade, "kept", 6, "hr_cam", "ssim") != pytest.approx(
        mean(cascade, "refitted", 6, "hr_cam", "ssim")
    )


def test_variants_are_named_after_what_became_of_the_head(cascade):
    named = {(v, e) for v, _, e, _ in cascade[0]}
    assert named == {
        *(("own", e) for e in METHODS[3:]),
        *(("own", e) for e in ("cam@stage5", "grad_cam@stage4", "grad_cam@stage5")),
        *(("kept", "hr_cam"), ("refitted", "hr_cam")),
    }


def test_the_long_table_has_a_row_per_image_and_measure(cascade, setting):
    table = cascade[1]
    some = table[(table["entry"] == "hr_cam") & (table["variant"] == "kept")]
    assert len(some) == 6 * 6 * 4
    assert set(some["image_id"]) == set(setting.ids)
    row = some[(some["depth"] == 3) & (some["measure"] == "ssim")]
    assert row["value"].mean() == pytest.approx(
        mean(cascade, "kept", 3, "hr_cam", "ssim")
    )


@pytest.mark.usefixtures("cascade")
def test_the_model_stays_as_it_was(model):
    from hrcam.pipeline.model import hash_weights

    assert hash_weights(model.network) == model.facts["weights"]


def test_kept_heads_on_the_network_as_it_is_give_its_maps(setting):
    from hrcam.engine.variants.duplication import duplicate
    from hrcam.pipeline.sanity.kept import keep

    kept = keep(setting.model.network, setting.dataset, METHODS, setting.explained)
    assert kept.names == ("hr_cam",)
    found = kept.maps(duplicate(setting.model.network))["hr_cam"]
    own = setting.reference.maps["hr_cam"]
    np.testing.assert_allclose(found, own, atol=1e-5 * np.abs(own).max())


def test_methods_without_a_fitted_head_keep_none(setting):
    from hrcam.pipeline.sanity.kept import keep

    kept = keep(setting.model.network, setting.dataset, ("cam",), setting.explained)
    assert kept.maps(setting.model.network) == {}


def test_heads_on_permuted_labels_give_other_maps_of_hr_cam_alone(setting):
    from hrcam.pipeline.sanity.labels import permute_heads

    findings = Findings()
    permute_heads(setting, findings, None)
    assert {(r["entry"], r["check"], r["variant"]) for r in findings.comparisons} == {
        ("hr_cam", "labels", "heads")
    }
    found = {r["measure"]: r["mean"] for r in findings.comparisons}
    assert found["spearman"] < 1 - 1e-4
    labels = setting.dataset.index["label"]
    assert labels.tolist() == setting.whole.index["label"].tolist()


def test_a_network_trained_on_permuted_labels_is_another_one(setting):
    from hrcam.pipeline.sanity.labels import permute_training

    options = replace(OPTIONS, epochs=1, methods=("hr_cam", "cam", "sobel"))
    findings = Findings()
    permute_training(replace(setting, options=options), findings, None)
    assert {r["entry"] for r in findings.comparisons} == {"hr_cam", "cam@stage5"}
    assert {r["step"] for r in findings.comparisons} == {"1 epochs"}
    assert all(r["mean"] < 0.98 for r in findings.comparisons)


@pytest.fixture(scope="module")
def other(several):
    import hrcam
    from hrcam.engine.training import Training

    return hrcam.train(several, settings=Training(epochs=1, batch=8, seed=7))


def test_another_training_run_is_repeatability_and_another_network_reproducibility(
    setting, other
):
    from hrcam.pipeline.explaining import explain
    from hrcam.pipeline.sanity.repetition import repeat
    from metrics.likeness.similarity import spearman

    renamed = replace(
        other,
        facts={**other.facts, "settings": {**other.facts["settings"], "network": "n"}},
    )
    findings = Findings()
    repeat(setting, (other, renamed), findings, None)
    kinds = {(r["check"], r["variant"], r["step"]) for r in findings.comparisons}
    assert kinds == {
        ("training", "seed", "compact, seed 7"),
        ("training", "architecture", "n, seed 7"),
    }
    assert not {"sobel", "random"} & {r["entry"] for r in findings.comparisons}
    theirs = arrays(explain(other, setting.dataset, ("cam",)), setting.ids)
    slow = spearman(setting.reference.maps["cam@stage5"], theirs["cam@stage5"]).mean()
    found = [
        r["mean"]
        for r in findings.comparisons
        if (r["entry"], r["measure"]) == ("cam@stage5", "spearman")
    ]
    assert found == pytest.approx([slow, slow])


def test_a_model_is_not_compared_with_itself(setting, model):
    from hrcam.pipeline.sanity.repetition import repeat

    with pytest.raises(ValueError, match="models must be other ones, got the model"):
        repeat(setting, (model,), Findings(), None)


def test_entries_of_two_networks_correspond_from_the_last_layer():
    from hrcam.maps import Explained, Facts, LayerMaps
    from hrcam.pipeline.sanity.repetition import correspond

    def source(method):
        return LayerMaps(Facts({"method": method}, (4, 6), {}, "none", "sum"), (), {})

    one = Explained({k: source(k[0]) for k in ("a1", "a2", "b9", "c")})
    two = Explained({k: source(k[0]) for k in ("a5", "a6", "a7", "b3")})
    assert correspond(one, two) == {"a1": "a6", "a2": "a7", "b9": "b3"}


def test_responses_are_the_contrast_logit_and_the_probability(model, several):
    from hrcam.engine.training import predict
    from hrcam.pipeline.responding import responder

    images = several.read("image", several.ids("test")[:5])
    respond = responder(model.network, images.shape[1:])
    aims = np.array([1, 0, 1, 1, 0])
    found = respond(images, aims)
    chances = predict(model.network, images).astype(np.float64)
    own, rest = chances[range(5), aims], chances[range(5), 1 - aims]
    np.testing.assert_allclose(found.probability, own, atol=1e-5)
    np.testing.assert_allclose(found.logit, np.log(own / rest), atol=1e-3)

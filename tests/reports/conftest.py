"""Make scores folders as `metrics` writes them, without computing a map."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

THRESHOLDS = (0.3, 0.5, 0.8)
KEYS = ("method", "layer", "head", "alignment", "architecture", "seed")
# method, layer, head, label, kind, reach of its scores
EVERYTHING = (
    ("hr_cam", "all", "hotelling", "HR-CAM", "model", 0.62),
    ("hr_cam_convex", "all", "convex", "HR-CAM, convex head", "model", 0.615),
    ("hr_cam_centroid", "all", "centroid", "HR-CAM, centroid head", "model", 0.60),
    ("hr_cam_paper", "all", "paper", "HR-CAM, paper head", "model", 0.45),
    ("cam", "stage5", "base", "CAM", "model", 0.50),
    ("grad_cam", "stage4", "base", "Grad-CAM, stage 4", "model", 0.56),
    ("grad_cam", "stage5", "base", "Grad-CAM, stage 5", "model", 0.49),
    ("filter_cam", "", "", "Fixed filters + head", "baseline", 0.33),
    ("random", "", "", "Random", "baseline", 0.05),
    ("constant", "", "", "Constant", "baseline", 0.04),
    ("center_prior", "", "", "Center prior", "baseline", 0.10),
    ("intensity", "", "", "Intensity", "baseline", 0.22),
    ("intensity_blurred", "", "", "Intensity, blurred", "baseline", 0.35),
    ("sobel", "", "", "Sobel magnitude", "baseline", 0.12),
    ("local_variance", "", "", "Local variance", "baseline", 0.18),
    ("ceiling", "stage1", "", "Mask on the grid of stage 1", "ceiling", 0.99),
    ("ceiling", "stage2", "", "Mask on the grid of stage 2", "ceiling", 0.97),
    ("ceiling", "stage3", "", "Mask on the grid of stage 3", "ceiling", 0.93),
    ("ceiling", "stage4", "", "Mask on the grid of stage 4", "ceiling", 0.86),
    ("ceiling", "stage5", "", "Mask on the grid of stage 5", "ceiling", 0.74),
    ("effect", "", "", "Expected effect (oracle)", "ceiling", 1.0),
)


def named(row):
    method, layer, head, label, kind, _ = row
    name = method if layer in ("", "all") else f"{method}@{layer}"
    return {
        "name": name,
        "method": method,
        "layer": layer,
        "head": head,
        "alignment": "",
        "architecture": "compact" if kind == "model" else "",
        "seed": "0" if kind == "model" else "",
        "label": label,
        "kind": kind,
    }


def external(count, labels=None):
    labels = labels or [f"External {k}" for k in range(count)]
    reaches = np.linspace(0.6, 0.3, count)
    return tuple(
        (f"map{k}", "", "", labels[k], "external", reaches[k]) for k in range(count)
    )


def draws(rows, images, rng):
    """Scores of every entry on every image, lesion on the first half."""
    ease = rng.normal(0, 0.12, images)
    grid = np.linspace(0, 1, 101)
    out = {}
    for row in rows:
        reach = row[-1]
        noise = rng.normal(0, 0.07, images)
        precision = np.clip(reach + (ease + noise) * (1.1 - reach), 0.01, 1)
        edge = np.clip(0.45 + 0.4 * reach + 0.4 * (ease + noise), 0.05, 1.2)
        noisy = np.clip(0.42 - 0.35 * reach + rng.normal(0, 0.05, images), 0.01, 0.9)
        sensitivity = 1 / (1 + np.exp((grid - edge[:, None]) / 0.09))
        specificity = 1 / (1 + np.exp(-(grid - noisy[:, None]) / 0.07))
        out[named(row)["name"]] = {
            "average_precision": precision,
            "auroc": np.clip(0.5 + precision * 0.5, 0, 1),
            "sensitivity": sensitivity,
            "specificity": specificity,
        }
    return out


def scored():
    yield "average_precision", None
    yield "auroc", None
    for score in ("sensitivity", "specificity"):
        for threshold in THRESHOLDS:
            yield score, threshold


def pick(draw, score, threshold):
    values = draw[score]
    return values if threshold is None else values[:, round(threshold * 100)]


def interval(values, level=0.95):
    mean, n = values.mean(), len(values)
    half = stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(mean - half), float(mean + half)


def verdict(low, high, low90, high90, margin=0.02):
    if low > 0 or high < 0:
        if low > margin or high < -margin:
            return "different, beyond the margin"
        if low90 > -margin and high90 < margin:
            return "different, within the margin"
        return "different, size unclear"
    inside = low90 > -margin and high90 < margin
    return "equivalent" if inside else "inconclusive"


def summaries(scores, strata):
    out = []
    for name, draw in scores.items():
        for score, threshold in scored():
            chosen = dict(strata)
            if score != "specificity":
                chosen.pop("without_lesion", None)
            for stratum, where in chosen.items():
                values = pick(draw, score, threshold)[where]
                low, high = interval(values)
                q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
                out.append(
                    {
                        "name": name,
                        "score": score,
                        "threshold": threshold,
                        "stratum": stratum,
                        "n": len(values),
                        "undefined": 0,
                        "mean": float(values.mean()),
                        "low": low,
                        "high": high,
                        "median": float(median),
                        "median_low": float(median) - 0.01,
                        "median_high": float(median) + 0.01,
                        "q1": float(q1),
                        "q3": float(q3),
                        "worst": float(values.mean()),
                    }
                )
    return out


def differences(scores, strata, reference):
    out = []
    for other in scores:
        if other == reference:
            continue
        for score, threshold in scored():
            for stratum, where in strata.items():
                if stratum == "without_lesion":
                    continue
                gap = (
                    pick(scores[reference], score, threshold)[where]
                    - pick(scores[other], score, threshold)[where]
                )
                low, high = interval(gap)
                low90, high90 = interval(gap, 0.9)
                p = float(stats.ttest_1samp(gap, 0).pvalue)
                out.append(
                    {
                        "reference": reference,
                        "other": other,
                        "score": score,
                        "threshold": threshold,
                        "stratum": stratum,
                        "n": len(gap),
                        "clusters": len(gap),
                        "difference": float(gap.mean()),
                        "low": low,
                        "high": high,
                        "low90": low90,
                        "high90": high90,
                        "win_rate": float((gap > 0).mean()),
                        "p": p,
                        "p_adjusted": min(1.0, 20 * p),
                        "verdict": verdict(low, high, low90, high90),
                        "reason": "",
                    }
                )
    return out


def paper_tests(scores, reference, lesion):
    out = []
    for other in list(scores)[1:7]:
        for score in ("sensitivity", "specificity"):
            for threshold in (*THRESHOLDS, None):
                used = THRESHOLDS if threshold is None else (threshold,)
                a, b = (
                    np.concatenate([pick(scores[k], score, t)[lesion] for t in used])
                    for k in (reference, other)
                )
                student = stats.ttest_ind(a, b)
                welch = stats.ttest_ind(a, b, equal_var=False)
                paired = stats.ttest_rel(a, b)
                out.append(
                    {
                        "reference": reference,
                        "other": other,
                        "score": score,
                        "threshold": threshold,
                        "n": len(a),
                        "student_t": float(student.statistic),
                        "student_p": float(student.pvalue),
                        "welch_t": float(welch.statistic),
                        "welch_p": float(welch.pvalue),
                        "paired_t": float(paired.statistic),
                        "paired_p": float(paired.pvalue),
                    }
                )
    return out


def curves(scores, lesion):
    out = {}
    for name, draw in scores.items():
        out[name] = {}
        for score in ("sensitivity", "specificity"):
            mean = draw[score][lesion].mean(0)
            half = 2.8 * draw[score][lesion].std(0) / np.sqrt(lesion.sum())
            out[name][score] = {
                "mean": mean.tolist(),
                "low": (mean - half).tolist(),
                "high": (mean + half).tolist(),
            }
        recall = np.array(out[name]["sensitivity"]["mean"])
        out[name]["pooled"] = {
            "images": int(lesion.sum()),
            "sensitivity": recall.tolist(),
            "precision": (0.04 + 0.9 * (1 - recall)).tolist(),
        }
    return {"thresholds": np.linspace(0, 1, 101).tolist(), "entries": out}


def chosen_panels(scores, lesion, reference, ids):
    order = np.flatnonzero(lesion)
    order = order[np.argsort(scores[reference]["average_precision"][order])]
    rules = (
        ("random", order[3]),
        ("random", order[len(order) // 3]),
        ("median", order[len(order) // 2]),
        ("best", order[-1]),
        ("worst", order[0]),
        ("disagreement", order[-9]),
    )
    return [
        {
            "image_id": ids[k],
            "rule": rule,
            "stratum": "lesion=focal" if k % 2 == 0 else "lesion=diffuse",
            "scores": {
                name: float(draw["average_precision"][k])
                for name, draw in scores.items()
            },
        }
        for rule, k in rules
    ]


def results(rows, scores, lesion, ids, external_only):
    entries = [named(row) for row in rows]
    reference, total = entries[0]["name"], len(ids)
    number = np.arange(total)
    strata = {"all": lesion, "without_lesion": ~lesion}
    if not external_only:
        strata |= {
            "correct": lesion & (number % 15 > 0),
            "lesion=diffuse": lesion & (number % 2 == 1),
            "lesion=focal": lesion & (number % 2 == 0),
        }
    half = int(lesion.sum())
    return {
        "schema": 2,
        "options": {
            "thresholds": list(THRESHOLDS),
            "margin": 0.02,
            "level": 0.95,
            "primary": "average_precision",
            "reference": reference,
            "resamples": 2000,
            "seed": 0,
        },
        "images": {
            "total": total,
            "with_lesion": half,
            "without_lesion": total - half,
            "subjects": total,
            "clustered": False,
        },
        "strata": [
            {"name": k, "n": int(v.sum()), "small": False, "bounds": None}
            for k, v in strata.items()
        ],
        "entries": entries,
        "statuses": [
            {"name": e["name"], "status": s, "count": c}
            for e in entries
            for s, c in (("ok", half), ("empty_mask", total - half))
        ],
        "summary": summaries(scores, strata),
        "prevalence": {k: 0.043 for k in strata if k != "without_lesion"},
        "differences": differences(scores, strata, reference),
        "paper_tests": paper_tests(scores, reference, lesion),
        "curves": curves(scores, lesion),
        "panels": chosen_panels(scores, lesion, reference, ids),
        "panel_rule": "Two images drawn with seed 0, then the median, the best and the "
        "worst by average precision of the reference, then the image on which "
        "the methods disagree most; lesion kinds alternate.",
        "gallery": {
            "images": [
                {"image_id": k, "rule": "by lot", "stratum": "all"} for k in ids[:3]
            ],
            "total": total,
            "rule": f"3 of {total} images: at random (seed 0).",
        },
        "alerts": ["At threshold 0.3 more than half of the sensitivities are 1."],
    }


def table(rows, scores, lesion, ids):
    parts = []
    for row in rows:
        names = named(row)
        for score, threshold in scored():
            values = pick(scores[names["name"]], score, threshold).copy()
            if score != "specificity":
                values[~lesion] = np.nan
            parts.append(
                pd.DataFrame(
                    {
                        "image_id": ids,
                        **{key: names[key] for key in KEYS},
                        "score": score,
                        "threshold": np.nan if threshold is None else threshold,
                        "value": values,
                        "status": np.where(lesion, "ok", "empty_mask"),
                        "subject": ids,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def bump(size, y, x, width):
    rows, columns = np.mgrid[:size, :size]
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2))


def pictures(rows, panels, size, rng):
    """Panels as `hrcam.pipeline` keeps them: two blobs in a round head."""
    images, masks, maps, layers = [], [], [], []
    for _ in panels:
        y, x = rng.uniform(size * 0.3, size * 0.7, (2, 2))
        lesion = np.maximum(
            *(bump(size, a, b, size / 22) for a, b in zip(y, x, strict=True))
        )
        head = bump(size, size / 2, size / 2, size / 3) > 0.33
        image = 90 * head + 70 * lesion + rng.normal(0, 12, (size, size))
        images.append(np.clip(image, 0, 255).astype(np.uint8))
        masks.append(lesion > 0.5)

        def seen(reach, lesion=lesion, y=y, x=x):
            blur = np.maximum(
                *(
                    bump(size, a, b, size / 22 + 9 * (1 - reach))
                    for a, b in zip(y, x, strict=True)
                )
            )
            return reach * blur + (1 - reach) * rng.normal(0.2, 0.05, lesion.shape)

        maps.append([seen(row[-1]) for row in rows])
        layers.append([seen(reach) for reach in (0.9, 0.8, 0.7, 0.5, 0.4)])
    return {
        "ids": np.array([panel["image_id"] for panel in panels]),
        "images": np.array(images),
        "masks": np.array(masks),
        "names": np.array([named(row)["name"] for row in rows]),
        "maps": np.array(maps, dtype=np.float32),
        "thumbnails": np.array(images[:6]),
        "thumbnail_labels": np.array(["normal", "focal", "diffuse"] * 2),
        "layer_maps": np.array(layers, dtype=np.float32),
        "layer_names": np.array([f"stage{k}" for k in range(1, 6)]),
    }


def browsable(rows, ids, size):
    """A gallery whose maps rise from left to right, the lesion on the right."""
    ramp = np.tile(np.linspace(0, 100, size).astype(np.uint8), (size, 1))
    mask = np.zeros((size, size), bool)
    mask[size // 4 : size // 2, size // 2 :] = True
    marked = ramp[..., None] >= np.arange(101)
    shape = 3, len(rows)
    counts = [(marked & part[..., None]).sum((0, 1)) for part in (mask, ~mask)]
    status = np.full(shape, "ok", dtype="<U12")
    status[2, 0] = "nonfinite"
    return {
        "ids": np.array(ids[:3]),
        "names": np.array([named(row)["name"] for row in rows]),
        "masks": np.stack([mask] * 3),
        "levels": np.broadcast_to(ramp, (*shape, size, size)).copy(),
        "hits": np.broadcast_to(counts[0], (*shape, 101)).copy(),
        "false": np.broadcast_to(counts[1], (*shape, 101)).copy(),
        "status": status,
        "lesion": np.full(3, mask.sum()),
        "healthy": np.full(3, (~mask).sum()),
    }


def evidence(rows):
    heads = ("base", "pattern", "convex", "centroid", "paper")
    splits = ("train", "validation", "test")
    false = np.linspace(0, 1, 41)
    measured = {
        "n": 600,
        "accuracy": 0.9333,
        "accuracy_low": 0.9104,
        "accuracy_high": 0.9507,
        "balanced_accuracy": 0.9330,
        "f1_micro": 0.9333,
        "f1_macro": 0.9331,
        "auroc": 0.9812,
        "auroc_low": 0.9723,
        "auroc_high": 0.9886,
        "confusion": [[282, 18], [22, 278]],
        "roc": {"fpr": false.tolist(), "tpr": (false**0.05).tolist()},
        "auroc_by_lesion": {"focal": 0.9921, "diffuse": 0.9702},
    }
    return {
        "provenance": {
            "title": "HR-CAM, CAM and Grad-CAM on simulated pathology: quickstart",
            "command": "hrcam run quickstart",
            "recipe_name": "quickstart",
            "recipe": 'name = "quickstart"\n[size]\nheight = 96\n',
            "dataset": "3f9c" * 16,
            "model": "a11e" * 16,
            "seeds": {"recipe": 7, "training": 0, "scores": 0},
            "versions": {
                "hrcam-bench": "0.1.0",
                "keras": "3.15.1",
                "matplotlib": "3.11.2",
                "numpy": "2.4.6",
                "tensorflow": "2.21.0",
                "typst": "0.15.2",
            },
            "platform": "Linux x86_64, Python 3.11.7",
            "date": "2024-05-17",
            "architecture": "compact",
            "training": {"epochs": 7, "batch": 32, "optimizer": "adam"},
            "target": "abnormal minus normal (contrast logit)",
            "conditional": "Conditional on one trained model: nothing here says how "
            "the differences would change if the model were trained again.",
        },
        "data": {
            "splits": [
                {"split": split, "label": label, "lesion": lesion, "images": count}
                for split, share in zip(splits, (10, 2, 3), strict=True)
                for label, lesion, count in (
                    (0, "none", 100 * share),
                    (1, "focal", 50 * share),
                    (1, "diffuse", 50 * share),
                )
            ],
            "size": [96, 96],
            "mask_area": {
                "diffuse": {"median": 0.061, "q1": 0.044, "q3": 0.081},
                "focal": {"median": 0.021, "q1": 0.014, "q3": 0.033},
            },
            "classes": ["normal", "abnormal"],
            "audit": {
                "budget": 0.6,
                "within_budget": True,
                "checks": [
                    {
                        "features": features,
                        "lesion": lesion,
                        "intended": features == "radial spectrum",
                        "within_budget": True,
                        "auroc": None if features == "lesions blanked out" else 0.541,
                        "low": 0.515,
                        "high": 0.567,
                    }
                    for features in (
                        "mean, deviation, percentiles",
                        "32-bin histogram",
                        "border pixels",
                        "median of each tissue",
                        "radial spectrum",
                        "8 x 8 thumbnail",
                        "compressed size",
                        "place in the list",
                        "boosted trees",
                        "lesions blanked out",
                    )
                    for lesion in ("all", "diffuse", "focal")
                ],
            },
            "noise": "rician, sigma 0.03 to 0.06",
        },
        "classifier": {
            "classes": ["normal", "abnormal"],
            "splits": {"test": measured, "validation": measured | {"n": 400}},
        },
        "heads": {
            "layers": [f"stage{k}" for k in range(1, 6)],
            "heads": [
                {
                    "name": head,
                    "label": f"{head.capitalize()} head",
                    "penalty": None if k in (0, 3) else 10.0**-k,
                    "log_loss": 0.20 + 0.01 * k,
                    "agreement": 1 - 0.01 * k,
                    "share": dict(
                        zip(
                            [f"stage{j}" for j in range(1, 6)],
                            (np.arange(1, 6) ** k / (np.arange(1, 6) ** k).sum()),
                            strict=True,
                        )
                    )
                    if k
                    else {"stage5": 1.0},
                }
                for k, head in enumerate(heads)
                if any(row[2] == head for row in rows)
            ],
            "penalties": [
                {"penalty": 10.0**-k, "log_loss": 0.2 + 0.02 * abs(k - 2)}
                for k in range(5)
            ],
        },
    }


def write_scores(folder, rows=EVERYTHING, images=600, change=None, size=96):
    """Write a scores folder; `change` may edit (results, evidence, arrays)."""
    rng = np.random.default_rng(20240517)
    external_only = all(row[4] == "external" for row in rows)
    ids = [f"{k:06d}" for k in range(images)]
    lesion = np.arange(images) < images // 2
    scores = draws(rows, images, rng)
    numbers = results(rows, scores, lesion, ids, external_only)
    found = {} if external_only else evidence(rows)
    numbers["panels"] = numbers["panels"][: 6 if images > 100 else 2]
    arrays = pictures(rows, numbers["panels"], size, rng)
    if external_only:
        arrays = {k: arrays[k] for k in ("ids", "masks", "names", "maps")}
    long = table(rows, scores, lesion, ids)
    if change:
        change(numbers, found, arrays, long)
    (folder / "evidence").mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(numbers, sort_keys=True, indent=1))
    for name, content in found.items():
        path = folder / "evidence" / f"{name}.json"
        path.write_text(json.dumps(content, sort_keys=True, indent=1))
    if arrays:
        np.savez(folder / "evidence" / "panels.npz", **arrays)
        gallery = browsable(rows, ids, size)
        np.savez(folder / "evidence" / "gallery.npz", **gallery)
    long.to_parquet(folder / "scores.parquet")
    return folder


@pytest.fixture(scope="session")
def make_scores():
    """Make scores folders on demand."""
    return write_scores


@pytest.fixture(scope="session")
def make_external():
    """Rows of entries that somebody else's files gave."""
    return external


@pytest.fixture(scope="session")
def everything():
    """Rows of all entries of the quickstart."""
    return EVERYTHING


@pytest.fixture(scope="session")
def full(tmp_path_factory) -> Path:
    """Scores folder with the content of the quickstart."""
    return write_scores(tmp_path_factory.mktemp("full") / "scores")


@pytest.fixture(scope="session")
def loaded(full):
    """Content of `full`."""
    from reports.folder import load

    return load(full)


@pytest.fixture(scope="session")
def report(loaded):
    """Report on `full`."""
    from reports.composition import compose

    return compose(loaded)


@pytest.fixture(scope="session")
def written(full, tmp_path_factory) -> Path:
    """Folder with report.pdf, report.html and report.json of `full`."""
    from reports import write

    folder = tmp_path_factory.mktemp("written")
    write(full, folder / "report.pdf")
    return folder

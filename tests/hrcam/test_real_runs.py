"""``hrcam run`` on small copies in the real layouts of ISIC and MURA."""

import json

import numpy as np
import pytest
from PIL import Image

import hrcam
from hrcam.cli import main
from hrcam.run_recipe import find

pytest.importorskip("keras", reason="the engine needs Keras on a back end")
pytestmark = pytest.mark.engine

CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")
TRAINED = "[training]\nepochs = 1\nbatch = 8\n"


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture(scope="module")
def isic(tmp_path_factory):
    """Four images of each class; every second one has a mask."""
    root = tmp_path_factory.mktemp("isic")
    rng = np.random.default_rng(0)
    lines = ["image," + ",".join(CLASSES)]
    for k in range(32):
        name = f"ISIC_{k:07d}"
        pixels = rng.integers(0, 255, (44, 36, 3))
        pixels[10:24, 8:20] = 20 * (k % 8)
        save(root / "ISIC_2019_Training_Input" / f"{name}.jpg", pixels)
        lines.append(
            ",".join([name, *("1.0" if c == k % 8 else "0.0" for c in range(9))])
        )
        if k % 2:
            mask = np.zeros((44, 36))
            mask[10:24, 8:20] = 255
            folder = root / "ISIC2018_Task1_Training_GroundTruth"
            save(folder / f"{name}_segmentation.png", mask)
    table = root / "ISIC_2019_Training_GroundTruth.csv"
    table.write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture(scope="module")
def mura(tmp_path_factory):
    """Ten patients to train on and four of the published validation images."""
    root = tmp_path_factory.mktemp("mura")
    rng = np.random.default_rng(1)
    for split, patients in (("train", range(10)), ("valid", range(10, 14))):
        paths, studies = [], []
        for patient in patients:
            ill = patient % 2
            word = "positive" if ill else "negative"
            study = f"{split}/XR_WRIST/patient{patient:05d}/study1_{word}"
            studies.append(f"MURA-v1.1/{study}/,{ill}")
            for image in range(1, 4):
                pixels = rng.integers(0, 90, (40, 50)) + 90 * ill
                save(root / study / f"image{image}.png", pixels)
                paths.append(f"MURA-v1.1/{study}/image{image}.png")
        (root / f"{split}_image_paths.csv").write_text("\n".join(paths) + "\n")
        (root / f"{split}_labeled_studies.csv").write_text("\n".join(studies) + "\n")
    return root


@pytest.mark.slow
def test_masks_that_are_known_are_scored_beside_the_published_figures(isic, tmp_path):
    recipe = tmp_path / "mine.toml"
    published = find("isic").published.model_dump()
    recipe.write_text(
        'name = "mine"\nreader = "isic"\n[reading]\nsize = [32, 32]\nvalidation = 8\n'
        f'test = 12\n[explain]\nmethods = ["cam", "sobel"]\n{TRAINED}'
    )
    out = tmp_path / "run"
    path = hrcam.run(recipe, out, data=isic)
    assert path == out / "report.pdf"
    results = json.loads((out / "scores" / "results.json").read_text())
    assert 0 < results["images"]["total"] < 12  # every second mask is known
    text = (out / "scores" / "evidence" / "classifier.json").read_text()
    told = json.loads(text)["published"]
    assert told == json.loads(json.dumps(published))
    assert find(out / "recipe.toml") == find(recipe)
    record = json.loads((out / "run.json").read_text())
    assert record["data"] == str(isic.resolve())
    assert list(record["seconds"]) == ["dataset", "model", "maps", "scores", "report"]
    before = path.read_bytes()
    assert hrcam.run(recipe, out, data=isic) == path  # nothing is left to do
    assert path.read_bytes() == before


def test_without_masks_there_are_a_classifier_and_maps(mura, tmp_path, capsys):
    recipe = tmp_path / "wrists.toml"
    recipe.write_text(
        'name = "wrists"\nreader = "mura"\noptions = { regions = ["WRIST"] }\n'
        '[reading]\nsize = [32, 40]\nvalidation = 9\n[explain]\nmethods = ["cam"]\n'
        f'{TRAINED}[published]\nsource = "a paper"\ndata = "wrists"\n'
        "[published.networks.resnet50]\naccuracy = 0.7\n"
    )
    out = tmp_path / "run"
    words = ("run", recipe, "--data", mura, "--out", out, "--quiet")
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    assert ended.value.code == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told[:4]] == [
        *("train", "validation", "test", "published,"),
    ]
    assert told[3] == "published, resnet50: accuracy 0.700 (wrists)"
    assert told[4] == (
        f"No mask of a test image is known, so nothing is scored. The maps are at "
        f"{out / 'maps'}; with masks of your own: hrcam score --maps "
        f"run={out / 'maps'} --masks FOLDER --out SCORES."
    )
    assert sorted(p.name for p in out.iterdir()) == [
        *("dataset", "maps", "model", "recipe.toml", "run.json"),
    ]

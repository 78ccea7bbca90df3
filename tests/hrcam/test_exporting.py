import json
from dataclasses import replace

import pytest

from hrcam.pipeline.exporting import export


def test_an_export_names_its_dataset(tiny, tmp_path):
    folder = export(tiny, "npz", tmp_path / "out")
    content = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    assert content == {"form": "npz", "dataset": tiny.identity}
    assert (folder / "dataset.npz").is_file()
    with pytest.raises(FileExistsError, match="must not exist yet"):
        export(tiny, "npz", folder)
    export(tiny, "png", folder, overwrite=True)
    assert not (folder / "dataset.npz").exists()


def test_unknown_masks_are_not_exported_as_empty_ones(tiny, tmp_path):
    index = tiny.index.assign(mask_known=[True] * (len(tiny.index) - 3) + [False] * 3)
    with pytest.raises(ValueError, match="must know the masks") as caught:
        export(replace(tiny, index=index), "png", tmp_path / "out")
    assert str(caught.value) == (
        "a dataset must know the masks of all images to be exported, got 3 of "
        f"{len(index)} that are unknown; use its own files"
    )
    assert not (tmp_path / "out").exists()


def test_an_unknown_form_is_refused(tiny, tmp_path):
    message = r"^--to must be one of npz, nifti, png, got 'jpeg'$"
    with pytest.raises(ValueError, match=message):
        export(tiny, "jpeg", tmp_path / "out")
    assert not (tmp_path / "out").exists()

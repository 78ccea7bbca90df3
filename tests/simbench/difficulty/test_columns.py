import numpy as np
import pandas as pd
import pytest

from simbench.anatomies import ANATOMIES
from simbench.difficulty.columns import NUMBERS, columns
from simbench.difficulty.location import found
from simbench.difficulty.setting import setting
from simbench.exams import examine
from simbench.generation import generate
from simbench.geometry.regions import softness
from simbench.lesions import LESIONS
from simbench.phantoms import changed
from simbench.psf import blur
from simbench.writer import write


def graded(recipe, index=0, label=1):
    exam = examine(recipe, index, label)
    return exam, columns(exam, changed(exam)[1])


@pytest.mark.parametrize("kind", list(LESIONS))
def test_every_kind_is_graded_or_says_why_not(kind, example, tiny_with):
    table = example("lesions", kind).model_dump(exclude_none=True)
    anatomy = next(
        name
        for name, entry in ANATOMIES.items()
        if entry.structures or not LESIONS[kind].structures
    )
    recipe = tiny_with(
        {
            "size": [64, 72],
            "lesions": {"one": table},
            "classes": [{"name": "a"}, {"name": "b", "lesions": {"one": 1.0}}],
            "anatomy": {"kind": anatomy},
        }
    )
    exam, rows = graded(recipe)
    assert len(rows) == len(exam.lesions)
    for row in rows:
        assert set(row) == {*NUMBERS, "d_basis"}
        assert all(
            v is None or (type(v) is float and v >= 0)
            for v in (row[name] for name in NUMBERS)
        )
        if row["d_basis"].startswith("("):
            assert row["d_ideal"] is row["d_npw"] is row["p_location"] is None
        else:
            assert row["d_ideal"] > 0
            assert (row["d_npw"] is None) == ("mean" not in row["d_basis"])


def test_numbers_are_those_of_the_definitions(uniform_with):
    """Worked out again from image-sized arrays, with a bias field."""
    recipe = uniform_with(
        {
            "acquisition.bias": {"degree": 2, "strength": 0.2},
            "lesions.spot.shape": {"radius": [0.2, 0.2]},
        }
    )
    exam, (row,) = graded(recipe)
    amplitude = exam.lesions[0][1]["amplitude"]
    kept = changed(exam)[1][0]
    signal = kept.change.mean[0] * exam.conditions.bias
    mask = signal >= signal.max() / 2
    noise, change = 0.05, signal[mask].mean()
    assert row["cnr_requested"] == pytest.approx(amplitude / noise)
    assert row["cnr_noise"] == pytest.approx(change / noise, rel=1e-5)
    assert row["cnr_image"] == pytest.approx(change / noise, rel=1e-4)
    texture = exam.scene.strength[0] * exam.conditions.bias
    local = np.sqrt((signal**2 * texture**2).sum() / (signal**2).sum())
    assert row["cnr_local"] == pytest.approx(change / np.hypot(noise, local), rel=1e-5)
    room = exam.scene.body.home.sum() / mask.sum()
    assert room > 1
    assert row["p_location"] == pytest.approx(found(row["d_ideal"], room))
    assert row["d_ideal"] == pytest.approx(3, rel=1e-5)
    assert row["d_basis"] == "mean"


def test_rician_noise_takes_contrast_from_dark_tissue(uniform_with):
    changes = {"acquisition.noise": {"kind": "rician", "sigma": [0.05, 0.05]}}
    dark = {**changes, "anatomy.intensity": 0.05}
    for tables, expected in ((changes, 1.0), (dark, 0.72)):
        _, (row,) = graded(uniform_with(tables))
        assert row["cnr_image"] / row["cnr_noise"] == pytest.approx(expected, abs=0.01)


def test_noise_is_that_at_the_lesion_s_own_signal(uniform_with):
    poisson = {"acquisition.noise": {"kind": "poisson", "photons": [400.0, 400.0]}}
    for level in (0.25, 1.0):
        exam, (row,) = graded(uniform_with({**poisson, "anatomy.intensity": level}))
        sigma = exam.lesions[0][1]["amplitude"] / row["cnr_requested"]
        assert sigma == pytest.approx(np.sqrt(level / 400), rel=1e-4)


def test_a_texture_swap_has_no_contrast_and_yet_a_d(tiny):
    index = next(i for i in range(44) if examine(tiny, i).case.lesion == "texture_swap")
    _, (row,) = graded(tiny, index)
    assert row["cnr_noise"] == row["cnr_image"] == 0
    assert row["cnr_requested"] is row["d_npw"] is None
    assert row["d_basis"] == "texture"
    assert row["d_ideal"] > 3


def test_the_box_holds_all_that_changes(uniform_with):
    recipe = uniform_with({})
    exam = examine(recipe, 3, label=1)
    _, (kept,) = changed(exam)
    parameters = recipe.lesions["spot"]
    cut = setting(
        recipe, exam.conditions, exam.scene, exam.scene, kept.change, parameters
    )
    rows, columns = np.nonzero(kept.change.mean[0])
    assert cut.signal.shape == (1, np.ptp(rows) + 1, np.ptp(columns) + 1)
    whole = kept.change.mean[0] * exam.conditions.bias
    assert np.count_nonzero(cut.signal) == np.count_nonzero(whole)
    assert cut.signal.sum() == pytest.approx(whole.sum(), rel=1e-5)


def test_the_share_of_the_other_texture_is_that_of_the_mixture(uniform_with):
    """With weights 1 - w and w over their norm, it is w**2 / ((1 - w)**2 + w**2)."""
    swap = {
        "kind": "texture_swap",
        "spectrum": {"slope": 0.0, "length": 6.0},
        "shape": {"radius": [0.2, 0.2], "edge": 0.8},
    }
    recipe = uniform_with(
        {
            "lesions": {"swap": swap},
            "classes": [{"name": "a"}, {"name": "b", "lesions": {"swap": 1.0}}],
            "acquisition.psf": 0.0,
        }
    )
    exam = examine(recipe, 0, label=1)
    _, (kept,) = changed(exam)
    parameters = recipe.lesions["swap"]
    cut = setting(
        recipe, exam.conditions, exam.scene, exam.scene, kept.change, parameters
    )
    weight = softness(exam.lesions[0][1], recipe.size, 0.8).astype(float)
    share = weight**2 / ((1 - weight) ** 2 + weight**2)
    assert cut.retexture is not None
    assert cut.retexture.other == pytest.approx(share[share > 0], abs=1e-5)
    assert cut.retexture.before == pytest.approx(np.full(cut.retexture.other.size, 4))
    assert cut.retexture.after == pytest.approx(cut.retexture.before)


def test_each_lesion_is_graded_as_if_alone(tiny_with):
    recipe = tiny_with({"lesions.focal.count": [2, 2]})
    index = next(i for i in range(44) if examine(recipe, i).case.lesion == "focal")
    exam, rows = graded(recipe, index)
    for number in range(len(exam.lesions)):
        _, kept = changed(exam, [number + 1])
        assert columns(exam, kept) == [rows[number]]


def test_a_swap_under_a_swap_is_measured_by_its_own_change(tiny_with):
    """A region of a texture that is swapped later is still the first one's change."""
    recipe = tiny_with({"lesions.texture_swap.count": 2, "size": [64, 72]})
    index = next(i for i in range(44) if examine(recipe, i).case.lesion != "focal")
    exam, rows = graded(recipe, index, 1)
    for number in range(len(exam.lesions)):
        _, kept = changed(exam, [number + 1])
        alone = columns(exam, kept)[0]["d_ideal"]
        assert rows[number]["d_ideal"] == pytest.approx(alone, rel=0.02)


def test_a_variance_upon_another_is_graded_as_if_alone(example, tiny_with):
    """Two of them lie in the same place, as large as the head."""
    table = example("lesions", "local_variance").model_dump()
    table |= {"shape": {"radius": [0.3, 0.3], "inside": 0.0}, "kappa": [2.0, 2.0]}
    table |= {"sign": "positive", "count": 1}
    recipe = tiny_with(
        {
            "lesions": {"one": table, "two": table},
            "classes": [{"name": "a"}, {"name": "b", "lesions": {"one+two": 1.0}}],
            "size": [64, 72],
        }
    )
    exam, rows = graded(recipe)
    first, second = (place for _, place in exam.lesions)
    assert np.hypot(first["y"] - second["y"], first["x"] - second["x"]) < 30
    for number in range(2):
        (alone,) = columns(exam, changed(exam, [number + 1])[1])
        assert rows[number]["d_ideal"] == pytest.approx(alone["d_ideal"], rel=1e-4)


def test_without_noise_there_is_no_number_but_a_reason(tiny_with):
    recipe = tiny_with({"acquisition.noise": {"kind": "rician", "sigma": [0.0, 0.0]}})
    for index in range(44):
        _, rows = graded(recipe, index)
        for row in rows:
            assert all(row[name] is None for name in NUMBERS)
            assert row["d_basis"] == "(no noise)"


def test_tables_hold_numbers_in_memory_and_on_disk(tiny, tmp_path):
    dataset = generate(tiny)
    table = dataset.lesions
    assert (table[list(NUMBERS)].dtypes == np.float64).all()
    swap = table["kind"] == "texture_swap"
    assert table.loc[swap, "cnr_requested"].isna().all()
    assert table.loc[~swap, list(NUMBERS)].notna().all(axis=None)
    assert (table["d_basis"] == np.where(swap, "texture", "mean")).all()
    written = write(tiny, tmp_path / "data").lesions
    pd.testing.assert_frame_equal(written, table, check_dtype=False)
    assert (written[list(NUMBERS)].dtypes == np.float64).all()


def test_a_column_of_nothing_is_still_a_column_of_numbers(tiny_with, tmp_path):
    recipe = tiny_with(
        {"classes": [{"name": "a"}, {"name": "b", "lesions": {"texture_swap": 1.0}}]}
    )
    for table in (generate(recipe).lesions, write(recipe, tmp_path / "d").lesions):
        assert table["d_npw"].dtype == np.float64
        assert table["d_npw"].isna().all()
    bare = tiny_with({"classes": [{"name": "a"}, {"name": "b"}]})
    assert generate(bare).lesions["d_ideal"].dtype == np.float64


def test_the_signal_that_is_graded_is_the_one_in_the_image(uniform_with):
    """Image minus counterfactual, before noise, is what is graded."""
    exam = examine(uniform_with({}), 0, label=1)
    scene, kept = changed(exam)
    found = blur(scene.object(), scene.psf) - blur(exam.scene.object(), exam.scene.psf)
    assert found == pytest.approx(kept[0].change.mean, abs=1e-6)

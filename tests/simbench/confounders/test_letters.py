import numpy as np
import pytest

from simbench.confounders.glyphs import GLYPHS, outline
from simbench.confounders.letters import CONFOUNDER
from simbench.streams import stream

CHIRAL = "BCDEFGJKLNPQRSZ12345679"
BLANK = np.zeros((96, 96), np.uint8)


def write(example, tissue=BLANK, index=0, **changes):
    parameters = example("confounders", "letters", **changes)
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


def cut(layer, side=25):
    """Cut out the letter."""
    y, x = round(layer.factors["y"]), round(layer.factors["x"])
    padded = np.pad(layer.opacity, side)
    return padded[y + side // 2 + 1 :, x + side // 2 + 1 :][:side, :side]


def agreement(first, second):
    """Return the greatest correlation of two patches, moved by up to 2 pixels."""
    return max(
        np.corrcoef(first.ravel(), np.roll(second, (down, right), (0, 1)).ravel())[0, 1]
        for down in range(-2, 3)
        for right in range(-2, 3)
    )


@pytest.fixture(scope="module")
def template(example):
    """Write a glyph upright, as high as asked."""

    def upright(glyph, scale):
        still = {"rotation": 0.0, "scale": [scale, scale], "where": "over"}
        return cut(write(example, index=3, texts=[glyph], **still))

    return upright


@pytest.mark.parametrize("glyph", list(CHIRAL))
def test_letters_are_upright_and_never_mirrored(example, template, glyph):
    for index in range(10):
        layer = write(example, index=index, texts=[glyph])
        expected = template(glyph, layer.factors["scale"])
        right = agreement(cut(layer), expected)
        assert right > agreement(cut(layer), expected[:, ::-1]) + 0.02
        assert right > 0.8


@pytest.mark.parametrize("glyph", list("LR"))
def test_side_markers_are_far_from_their_mirror_images_and_from_upside_down(
    example, template, glyph
):
    for index in range(20):
        layer = write(example, index=index, texts=[glyph])
        expected = template(glyph, layer.factors["scale"])
        right = agreement(cut(layer), expected)
        for wrong in (expected[:, ::-1], expected[::-1]):
            assert right > agreement(cut(layer), wrong) + 0.1


def test_letters_are_readable_at_96_pixels_in_noise(example, template):
    templates = {glyph: template(glyph, 0.12) for glyph in GLYPHS}
    rng = np.random.default_rng(0)
    hits = []
    for index, glyph in enumerate(sorted(GLYPHS) * 2):
        layer = write(example, index=index, texts=[glyph])
        noisy = cut(layer) + 0.1 * rng.standard_normal((25, 25))
        scores = {name: agreement(noisy, patch) for name, patch in templates.items()}
        hits.append(max(scores, key=scores.__getitem__) == glyph)
    assert np.mean(hits) > 0.9


def test_an_l_has_its_foot_at_the_right_and_an_r_its_stem_at_the_left(example):
    exact = {"rotation": 0.0, "opacity": [1.0, 1.0]}
    patch = cut(write(example, texts=["L"], **exact))
    rows, columns = np.nonzero(patch > 0.5)
    stem = patch[: rows.mean().astype(int)].sum(axis=0).argmax()
    assert stem < columns.mean()
    assert patch[rows.max()].sum() > 2 * patch[rows.min()].sum()
    patch = cut(write(example, texts=["R"], **exact))
    rows, columns = np.nonzero(patch > 0.5)
    assert patch.sum(axis=0).argmax() <= columns.min() + 1


def test_the_texts_are_drawn_evenly_and_recorded(example):
    found = [write(example, index=i).factors["glyph"] for i in range(400)]
    assert set(found) == {"L", "R"}
    assert 160 < found.count("L") < 240
    factors = write(example, index=1, texts=["AP3"]).factors
    assert factors["glyph"] == "AP3"
    assert set(factors) == {"glyph", "y", "x", "scale", "angle", "opacity"}


def test_factors_say_where_the_letter_lies_and_how_high_it_is(example):
    for index in range(20):
        layer = write(example, index=index, texts=["H"], rotation=0.0, edge=1.0)
        rows, columns = np.nonzero(layer.opacity > 0)
        factors = layer.factors
        assert (rows.min() + rows.max()) / 2 == pytest.approx(factors["y"], abs=0.51)
        middle = (columns.min() + columns.max()) / 2
        assert middle == pytest.approx(factors["x"], abs=0.51)
        tall = rows.max() - rows.min() + 1
        height = factors["scale"] * 96
        assert tall == pytest.approx(height * 1.17 + 1, abs=1.01)
        assert 0.10 <= factors["scale"] <= 0.14
        assert layer.opacity.max() == pytest.approx(factors["opacity"], abs=1e-6)


def test_letters_avoid_the_body_or_seek_it(example, scene_of):
    tissue = scene_of(size=(96, 80)).body.tissue
    over = []
    for index in range(60):
        beside = write(example, tissue, index)
        assert (tissue[beside.mask] > 0).mean() < 0.3
        rows, columns = np.nonzero(beside.mask)
        edges = rows.min(), columns.min(), 95 - rows.max(), 79 - columns.max()
        assert 1 <= min(edges) <= 6
        over.append(
            (tissue[write(example, tissue, index, where="over").mask] > 0).all()
        )
    assert np.mean(over) > 0.9


def test_what_cannot_be_written_is_refused(tiny_with):
    for text in ("l", "", "L-R", "ABCDEFGHI"):
        with pytest.raises(ValueError, match="texts") as error:
            tiny_with({"confounders.a": {"kind": "letters", "texts": [text]}})
        assert str(error.value) == (
            "tiny.toml: confounders.a.texts[0] must be 1 to 8 of the letters A to Z "
            f"and the digits 0 to 9, got '{text}'"
        )


@pytest.mark.parametrize("glyph", GLYPHS)
def test_glyphs_fill_the_cap_height_and_are_centered(glyph):
    points = np.concatenate(outline(glyph))
    assert points[:, 0].min() == pytest.approx(-0.5, abs=0.02)
    assert points[:, 0].max() == pytest.approx(0.5, abs=0.02)
    assert points[:, 1].min() == pytest.approx(-points[:, 1].max(), abs=0.05)


def test_the_letters_of_a_text_stand_apart_from_left_to_right():
    strokes = outline("LH")
    letter, rest = strokes[0], np.concatenate(strokes[1:])
    assert rest[:, 1].min() - letter[:, 1].max() == pytest.approx(2.6 / 8)

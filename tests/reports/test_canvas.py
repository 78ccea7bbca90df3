import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from reports.figures.canvas import BOX, FONT, fit, flow, measure

words = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), max_size=60)


@given(words, st.floats(4, 90), st.booleans())
def test_what_is_cut_fits_and_is_cut_no_shorter_than_it_must(text, room, bold):
    text = " ".join(text.split())
    found = fit(text, room, 6.5, bold)
    if found == text:
        assert measure(text, 6.5, bold) <= room
        return
    kept = found.removesuffix("…")
    assert found.endswith("…")
    assert text.startswith(kept)
    assert measure(found, 6.5, bold) <= room
    longer = text[: len(kept) + 1].rstrip()
    assert longer == kept or measure(f"{longer}…", 6.5, bold) > room


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", ["Grad-CAM++, stage 5", "L" * 40, "µ-CAM ✓ iii"])
def test_widths_are_those_that_matplotlib_draws(text, bold):
    font = FontProperties(family=FONT, weight="bold" if bold else "normal", size=6.5)
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    assert measure(text, 6.5, bold) == pytest.approx(width * 25.4 / 72, rel=0.03)


def test_characters_without_a_glyph_are_as_wide_as_their_boxes():
    assert measure("中文", 7.0) == measure(BOX * 2, 7.0)


@given(words, st.floats(8, 60), st.booleans())
def test_lines_fit_and_hold_all_words_that_fit(text, room, bold):
    found = flow(text.replace("x", " "), room, 6.5, bold)
    assert all(measure(line, 6.5, bold) <= room for line in found.split("\n"))
    fitting = [
        w for w in text.replace("x", " ").split() if measure(w, 6.5, bold) <= room
    ]
    if len(fitting) == len(text.replace("x", " ").split()):
        assert found.split() == fitting


def test_given_lines_stay():
    assert flow("classified correctly\nn = 391", 20, bold=True) == (
        "classified\ncorrectly\nn = 391"
    )
    assert flow("lesion: cysts\nn = 100", 30) == "lesion: cysts\nn = 100"

"""Pages as pictures, held against `pages.png` with a tolerance.

After a meant change, look at the picture that the failing test names, then copy it
here.
"""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reports.composition import compose
from reports.folder import load
from reports.pdf import render_pages

REFERENCE = Path(__file__).with_name("pages.png")
RESOLUTION = 36.0


def draw(scores):
    found = render_pages(compose(load(scores)), RESOLUTION)
    return [np.asarray(Image.open(io.BytesIO(page)).convert("L")) for page in found]


@pytest.fixture(scope="module")
def pages(make_scores, everything, tmp_path_factory):
    place = tmp_path_factory.mktemp("rendering") / "scores"
    return draw(make_scores(place, everything[:10], 60, size=24))


def blur(picture):
    """Average over blocks of 6 x 6 pixels: letters turn to gray, layout stays."""
    h, w = (side // 6 * 6 for side in picture.shape)
    blocks = picture[:h, :w].reshape(h // 6, 6, w // 6, 6)
    return blocks.mean(axis=(1, 3))


def test_the_pages_look_as_they_did(pages, tmp_path):
    sheet = np.concatenate(pages, axis=1)
    Image.fromarray(sheet).save(tmp_path / "pages.png", optimize=True)
    told = f"pages changed, see {tmp_path / 'pages.png'}"
    before = np.asarray(Image.open(REFERENCE).convert("L"))
    assert before.shape == sheet.shape, told
    difference = np.abs(blur(before) - blur(sheet))
    assert difference.mean() < 3, told
    assert np.quantile(difference, 0.99) < 40, told


def test_a_shifted_page_would_be_seen(pages):
    page = pages[0].astype(float)
    difference = np.abs(blur(page) - blur(np.roll(page, 12, axis=0)))
    assert difference.mean() >= 3


def test_nothing_runs_into_the_margins(pages):
    check_margins(pages)


def test_not_even_a_name_without_a_place_to_break(make_scores, make_external, tmp_path):
    rows = make_external(2, ["L" * 200, "a" + "m" * 199])
    check_margins(draw(make_scores(tmp_path / "scores", rows, 20, size=16)))


def check_margins(pages):
    """18 mm left and right are white but for what is meant to be there."""
    edge = round(14 / 25.4 * RESOLUTION)
    for page in pages:
        assert page[:, :edge].min() > 245
        assert page[:, -edge:].min() > 245


def test_no_page_is_empty(pages):
    for page in pages:
        assert (page < 200).mean() > 0.005

"""The HTML twin, driven in a real browser: Debian's Chromium without a screen."""

import shutil

import numpy as np
import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver (Debian)"
)
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-dev-shm-usage"),
)


@pytest.fixture(scope="module")
def browser(written, tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    driver.get((written / "report.html").as_uri())
    yield driver
    driver.quit()


def column(table, index):
    rows = table.find_elements("css selector", "tbody tr")
    return [row.find_elements("css selector", "th, td")[index].text for row in rows]


def numbers(cells):
    found = [cell.split()[0].replace("\N{MINUS SIGN}", "-") for cell in cells]
    return [float(cell) for cell in found if cell != "\N{EN DASH}"]


def test_the_page_asks_for_nothing_and_complains_of_nothing(browser):
    script = "return performance.getEntriesByType('resource').map(e => e.name)"
    assert browser.execute_script(script) == []
    assert browser.get_log("browser") == []


def test_a_click_sorts_by_number_down_then_up_then_as_printed(browser):
    table = browser.find_element("css selector", "#answer table")
    printed = column(table, 0)
    head = table.find_elements("css selector", "thead th")[1]
    button = head.find_element("css selector", "button")
    button.click()
    assert head.get_attribute("aria-sort") == "descending"
    down = numbers(column(table, 1))
    assert down == sorted(down, reverse=True)
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert numbers(column(table, 1)) == down[::-1] == sorted(down)
    button.click()
    assert head.get_attribute("aria-sort") == "none"
    assert column(table, 0) == printed


def test_keys_sort_too_and_words_by_the_alphabet(browser):
    table = browser.find_element("css selector", "#answer table")
    head = table.find_elements("css selector", "thead th")[0]
    button = head.find_element("css selector", "button")
    browser.execute_script("arguments[0].focus()", button)
    browser.switch_to.active_element.send_keys("\ue007")  # Enter
    browser.switch_to.active_element.send_keys(" ")
    assert head.get_attribute("aria-sort") == "ascending"
    found = [cell.lower() for cell in column(table, 0)]
    assert found[0].startswith("cam") or found[0].startswith("center")
    assert sorted(found)[0] == found[0]
    browser.switch_to.active_element.send_keys(" ")
    assert head.get_attribute("aria-sort") == "none"


def wait(browser, label):
    """Wait until the gallery shows an image."""
    from selenium.webdriver.support.ui import WebDriverWait

    figure = browser.find_element("css selector", "figure.gallery")
    WebDriverWait(browser, 10).until(
        lambda _: (figure.get_attribute("data-shown") or "").startswith(label)
    )
    return figure


def move(browser, threshold):
    script = (
        "const s = document.querySelector('figure.gallery input[type=range]');"
        "s.value = arguments[0]; s.dispatchEvent(new Event('input'))"
    )
    browser.execute_script(script, str(threshold))


def orange(browser, cell):
    """Count the pixels that a canvas marks."""
    script = """
        const c = document.querySelectorAll('figure.gallery canvas')[arguments[0]];
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0;
        for (let k = 0; k < d.length; k += 4) { n += d[k] > d[k + 2] + 50 }
        return n"""
    return browser.execute_script(script, cell)


@pytest.mark.parametrize("threshold", [0, 1, 30, 50, 97, 100])
def test_the_slider_moves_marks_and_counts_together(browser, full, threshold):
    figure = wait(browser, "000000: ")
    move(browser, threshold)
    assert (
        figure.find_element("css selector", "output").text == f"{threshold / 100:.2f}"
    )
    with np.load(full / "evidence" / "gallery.npz") as arrays:
        hits, false = (int(arrays[k][0, 0, threshold]) for k in ("hits", "false"))
        lesion, healthy = (int(arrays[k][0]) for k in ("lesion", "healthy"))
        edge = 2 * sum(arrays["masks"][0].any(axis=k).sum() for k in (0, 1)) - 4
        marked = int((arrays["levels"][0, 0] >= threshold).sum())
    counts = figure.find_elements("css selector", ".counts")
    assert counts[0].text == f"{lesion} lesion, {healthy} healthy pixels"
    words = counts[1].text.replace(",", "").replace(";", "").split()
    assert words[:4:2] == ["sens.", "spec."]
    assert float(words[1]) == pytest.approx(hits / lesion, abs=6e-4)
    assert float(words[3]) == pytest.approx((healthy - false) / healthy, abs=6e-4)
    assert words[4:] == ["marked", str(hits), "+", str(false)]
    assert marked == hits + false
    assert marked - edge <= orange(browser, 1) <= marked


def test_images_change_by_key_and_a_map_without_scores_says_so(browser):
    figure = wait(browser, "000000: ")
    back, on = figure.find_elements("css selector", ".controls button")
    assert not back.is_enabled()
    for label in ("000001: ", "000002: "):
        browser.execute_script("arguments[0].focus()", on)
        browser.switch_to.active_element.send_keys(" ")
        wait(browser, label)
    assert not on.is_enabled()
    counts = figure.find_elements("css selector", ".counts")
    assert counts[1].text == "no scores"
    assert counts[2].text.startswith("sens. ")
    for label in ("000001: ", "000000: "):
        back.click()
        wait(browser, label)


def test_the_whole_map_is_shown_on_demand(browser):
    figure = wait(browser, "000000: ")
    move(browser, 100)
    few = orange(browser, 1)
    box = figure.find_element("css selector", "input[type=checkbox]")
    box.click()
    assert orange(browser, 1) > 5 * few
    box.click()
    assert orange(browser, 1) == few


def test_no_figure_or_table_is_wider_than_a_small_screen(browser):
    size = browser.get_window_size()
    browser.set_window_size(500, 900)
    widths = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    browser.set_window_size(size["width"], size["height"])
    assert widths[0] <= widths[1] + 1

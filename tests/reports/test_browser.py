"""The HTML twin, driven in a real browser: Debian's Chromium without a screen."""

import shutil

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


def test_no_figure_or_table_is_wider_than_a_small_screen(browser):
    size = browser.get_window_size()
    browser.set_window_size(500, 900)
    widths = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    browser.set_window_size(size["width"], size["height"])
    assert widths[0] <= widths[1] + 1

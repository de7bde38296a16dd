"""The page in a real browser without a network: filters, keyboard, tooltip, themes, no script error."""

import re

import pytest

from config.i18n import speaking
from exporter.factfile import write_facts
from exporter.heatmap.engine import file_engine
from exporter.heatmap.geo import load_outlines
from exporter.heatmap.layout import load_layout, tiles
from exporter.heatmap.metrics import METRICS, MetricName
from exporter.heatmap.page import page
from exporter.heatmap.query import Scope, count
from exporter.heatmap.view import View
from tests.exporter.heatmap.browser import Browser, find
from tests.exporter.heatmap.made import AS_OF, make_facts
from tests.exporter.heatmap.test_counting import MOSCOW
from tests.exporter.heatmap.test_drawing import EVIL

FACTS = list(make_facts(3000, categories=("Дороги", "Отопление", EVIL)))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = find()
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with Browser(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def heat(tmp_path_factory):
    path = tmp_path_factory.mktemp("facts") / "facts.csv"
    write_facts(FACTS, path)
    with file_engine(path) as engine:
        return count(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW))


@pytest.fixture
def shown(browser, heat, tmp_path):
    outlines = tmp_path / "o.geojson"
    outlines.write_text(
        '{"features": [{"properties": {"oktmo": "28000000", "name": "Тверская область"}, "geometry": '
        '{"type": "Polygon", "coordinates": [[[30, 50], [40, 50], [40, 60], [30, 50]]]}}]}', encoding="utf-8"
    )  # fmt: skip
    scope = Scope(by="region", as_of=AS_OF, zone=MOSCOW)
    placed = tiles(heat, load_layout(None))
    view = View(heat, scope, METRICS[MetricName.COUNT], placed, load_outlines(outlines), "facts.csv", ())
    with speaking("ru"):
        (tmp_path / "map.html").write_text(page(view), encoding="utf-8")
    browser.events.clear()
    browser.open(tmp_path / "map.html")
    yield browser
    asked = [one["params"]["request"]["url"] for one in browser.events
             if one["method"] == "Network.requestWillBeSent"]  # fmt: skip
    assert [url for url in asked if not url.startswith("file:")] == []
    assert [one for one in browser.events if one["method"] == "Runtime.exceptionThrown"] == []


def tile(browser, key):
    return browser.run(f"document.querySelector('#tiles [data-t=\"{key}\"] .value').textContent")


def number(value):
    return f"{value:,}".replace(",", "\u00a0")


def test_a_filter_changes_map_and_matrix(shown, heat):
    key = heat.ranked()[0].key
    assert tile(shown, key) == number(heat.cell(key).n)
    shown.click(".matrix thead th[data-c='1'] button")
    category = heat.categories()[1]
    assert tile(shown, key) == number(heat.cell(key, category).n)
    shown.click(".metrics input[value=overdue]")
    assert tile(shown, key) == number(heat.cell(key, category).overdue)
    box = shown.run('document.querySelector(\'.matrix td[data-t="0"][data-c="0"]\').textContent')
    assert box == number(heat.cell(key, heat.categories()[0]).overdue)
    shown.enter("kind", "0", "change")
    assert tile(shown, key).strip("()") == number(heat.cell(key, category, heat.kinds()[0]).overdue)
    shown.click("#reset")
    assert tile(shown, key) == number(heat.cell(key).overdue)


@pytest.mark.parametrize("metric", list(MetricName))
def test_the_script_writes_what_python_drew(browser, heat, tmp_path, metric):
    """The first drawing is Python's, every later one the script's: both give the same texts and classes."""
    scope = Scope(by="region", as_of=AS_OF, zone=MOSCOW)
    view = View(heat, scope, METRICS[metric], tiles(heat, load_layout(None)), None, "f", ())
    with speaking("ru"):
        text = page(view)
    drawn = re.findall(r'<td class="([^"]*)" data-t="\d+" data-c="-?\d+">([^<]*)</td>', text)
    (tmp_path / "map.html").write_text(text, encoding="utf-8")
    browser.open(tmp_path / "map.html")
    written = browser.run(
        "[...document.querySelectorAll('.matrix td')]"
        ".map(e => [[...e.classList].sort().join(' '), e.textContent])"
    )
    assert [tuple(one) for one in written] == [(" ".join(sorted(name.split())), said) for name, said in drawn]


def test_keyboard_and_reader(shown, heat):
    shown.run("document.querySelector('#tiles .place').focus()")
    first = shown.run("document.activeElement.dataset.t")
    shown.key("ArrowRight")
    second = shown.run("document.activeElement.dataset.t")
    assert second != first
    assert not shown.run("document.getElementById('tip').hidden")
    scroll = (
        "document.dispatchEvent(new Event('scroll'))"  # late, on a busy machine: the focus itself scrolled
    )
    assert not shown.run(f"{scroll}, document.getElementById('tip').hidden")
    shown.key("Enter")
    assert shown.run("document.querySelector('#tiles .chosen').dataset.t") == second
    assert not shown.run("document.getElementById('detail').hidden")
    name = next(place.name for place in load_layout(None) if place.oktmo == second)
    assert name in shown.run("document.querySelector('#detail h3').textContent")
    assert shown.run("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert shown.run("document.activeElement.getAttribute('aria-label')").startswith(f"{name}: ")
    shown.key("Escape")
    assert shown.run("document.getElementById('tip').hidden")


def test_a_tooltip_of_the_mouse_goes_with_the_first_scroll(shown):
    over = "document.querySelector('.matrix td').dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"
    assert not shown.run(f"{over}, document.getElementById('tip').hidden")
    assert shown.run("document.dispatchEvent(new Event('scroll')), document.getElementById('tip').hidden")


def test_search_hides_the_other_rows(shown):
    shown.enter("search", "твер", "input")
    rows = shown.run(
        "[...document.querySelectorAll('.plain tbody tr')].filter(r => r.checkVisibility())"
        ".map(r => r.children[0].textContent)"
    )
    assert rows == ["Тверская область"]


def test_the_table_sorts(shown):
    shown.click(".plain thead th:nth-child(2) button")
    values = shown.run(
        "[...document.querySelectorAll('.plain tbody tr')].map(r => Number(r.children[1].dataset.v))"
    )
    assert values == sorted(values, reverse=True)
    assert (
        shown.run("document.querySelector('.plain thead th:nth-child(2)').getAttribute('aria-sort')")
        == "descending"
    )


def test_dark_by_choice(shown):
    light = shown.run("getComputedStyle(document.documentElement).backgroundColor")
    shown.click("[data-theme-set=dark]")
    assert shown.run("getComputedStyle(document.documentElement).backgroundColor") != light


def test_text_of_the_data_never_runs(shown):
    assert shown.run("document.querySelectorAll('img, script').length") == 2
    assert EVIL in shown.run(
        "[...document.querySelectorAll('#category option')].map(o => o.textContent).join('\\n')"
    )

"""What is drawn: no data is markup, classes and colours can be read, files are refused by name."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.i18n import speaking
from exporter.heatmap import sheet
from exporter.heatmap.choices import MetricChoice
from exporter.heatmap.engine import MapError
from exporter.heatmap.geo import load_outlines
from exporter.heatmap.layout import load_layout, tiles
from exporter.heatmap.metrics import METRICS, Formatter, MetricName, bounds, scale
from exporter.heatmap.model import Cell, Heat, Territory
from exporter.heatmap.output import table
from exporter.heatmap.page import page
from exporter.heatmap.palette import PALETTES, colours, contrast, surface
from exporter.heatmap.query import Scope
from exporter.heatmap.view import View

EVIL = """</script><script>alert(1)</script><img src=x onerror=alert(2)>"'&\u2028=cmd|'/c calc'!A1"""


def heat_of(territory="28000000", name="Тверская область", category="Дороги", **numbers):
    cell = Cell(
        **{"n": 12, "matured": 10, "ripe": 2, "late": 1, "open": 1, "days_n": 9, "days": 4.25, **numbers}
    )
    keys = [(t, c, k) for t in (territory, None) for c in (category, None) for k in ("message", None)]
    return Heat("region", (Territory(territory, name),), dict.fromkeys(keys, cell))


def view_of(heat, metric="count", *, source="facts.csv", outlines=None, cabinets=()):
    scope = Scope(by="region", as_of=datetime(2026, 3, 1, tzinfo=UTC), zone=ZoneInfo("Europe/Moscow"))
    return View(
        heat, scope, METRICS[MetricName(metric)], tiles(heat, load_layout(None)), outlines, source, cabinets
    )


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.handlers, self.urls = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.handlers += [name for name, _value in attributes if name.startswith("on")]
        self.urls += [value for name, value in attributes if name in ("src", "href", "action", "xlink:href")]


def read(text):
    reader = Reader()
    reader.feed(text)
    return reader


@pytest.mark.parametrize("metric", list(MetricName))
def test_text_from_outside_is_never_markup(metric):
    heat = heat_of(territory=EVIL, name=EVIL, category=EVIL)
    view = view_of(heat, metric, source=EVIL, cabinets=(EVIL,))
    reader = read(page(view))
    assert reader.tags.count("script") == 2
    assert "img" not in reader.tags
    assert reader.handlers == []
    assert reader.urls == ["#matrix"]  # nothing is fetched from anywhere
    told = json.loads(re.search(r'id="data">(.*?)</script>', page(view), re.DOTALL)[1])
    assert told["categories"] == [EVIL]
    tree = ET.fromstring(sheet.svg(view))
    assert not [one for one in tree.iter() if one.tag.endswith(("script", "img"))]


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_any_name_keeps_the_page_whole(name):
    text = page(view_of(heat_of(territory="x", name=name, category=name)))
    assert read(text).tags.count("script") == 2


def test_the_page_asks_nothing_of_the_network():
    text = page(view_of(heat_of()))
    assert "default-src 'none'" in text
    assert "@import" not in text
    assert "url(" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_two_languages():
    view = view_of(heat_of())
    with speaking("ru"):
        russian = page(view)
    with speaking("en"):
        english = page(view)
    assert '<html lang="ru"' in russian
    assert "Доля просрочки" in russian
    assert '<html lang="en"' in english
    assert "Overdue share" in english


def test_few_cases_are_grey_and_in_brackets():
    view = view_of(heat_of(n=4))
    assert '<td class="few sum" data-t="0" data-c="-1">(4)</td>' in page(view)


def test_a_table_is_no_formula():
    text = table(view_of(heat_of(name="=1+1", category="@SUM(A1)"))).decode("utf-8-sig")
    assert "'=1+1" in text
    assert "'@SUM(A1)" in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_its_class(theme):
    for palette in PALETTES:
        ramp = colours(palette, theme)
        assert all(contrast(one.fill, one.text) >= 4.5 for one in ramp)
        assert len({one.fill for one in ramp}) == 7
    ground = surface(theme)
    assert contrast(ground["few"], ground["few-ink"]) >= 4.5
    assert contrast(ground["page"], ground["soft"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("palette", ["volume", "trouble"])
def test_classes_are_told_apart_by_lightness_alone(palette, theme):
    """So they are by an eye that sees no hue: each step changes the contrast to the page by a tenth."""
    page_colour = surface(theme)["page"]
    steps = [contrast(one.fill, page_colour) for one in colours(palette, theme)]
    assert all(high / low > 1.1 for low, high in pairwise(steps))


@pytest.mark.parametrize(("value", "at"), [(0, 0), (0.0099, 0), (0.01, 1), (0.5, 6), (1, 6)])
def test_a_break_belongs_to_the_upper_class(value, at):
    assert scale(METRICS[MetricName.OVERDUE_SHARE], 1).class_of(value) == at


@pytest.mark.parametrize("metric", list(METRICS.values()))
def test_a_scale_has_seven_classes_and_their_words(metric):
    for greatest in (1, 400, 40_000, 12_000_000):
        made = scale(metric, greatest)
        assert len(bounds(metric, made.breaks, Formatter("ru"))) == 7


def test_the_command_knows_every_metric():
    assert [str(one) for one in MetricChoice] == [str(one) for one in MetricName]


def test_numbers_are_written_as_the_language_does():
    assert Formatter("ru").number(1234567.5, 1) == "1\u00a0234\u00a0567,5"
    assert Formatter("en").number(1234567.5, 1) == "1,234,567.5"


def test_a_territory_outside_the_layout_has_a_tile_of_its_own():
    placed = tiles(heat_of(territory="QUEENS", name="QUEENS"), load_layout(None))
    own = [tile for tile in placed if tile.own]
    assert [tile.key for tile in own] == ["QUEENS"]
    assert own[0].row > max(tile.row for tile in placed if not tile.own)


def test_a_layout_that_puts_two_in_one_place(tmp_path):
    path = tmp_path / "layout.json"
    place = {"name": "А", "oktmo": "1", "col": 0, "row": 0}
    path.write_text(json.dumps([place, {**place, "name": "Б", "oktmo": "2"}]), encoding="utf-8")
    with pytest.raises(MapError, match=r"«А» .* «Б»"):
        load_layout(path)


SHAPE = '{"features": [{"properties": {"oktmo": "1"}, "geometry": %s}]}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not a GeoJSON"),
        ("[]", "features"),
        ('{"features": [{"properties": {"name": "x"}, "geometry": {}}]}', "feature 1"),
        (SHAPE % '{"type": "Point", "coordinates": [1, 2]}', "feature 1"),
        (SHAPE % '{"type": "Polygon", "coordinates": [[[1, 200]]]}', "globe"),
    ],
)
def test_outlines_that_cannot_be_used(tmp_path, text, said):
    path = tmp_path / "map.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MapError, match=said), speaking("en"):
        load_outlines(path)


def test_real_outlines(shared_data):
    outlines = load_outlines(shared_data / "geo" / "regions.geojson")
    assert len(outlines.shapes) == 85
    assert 300 < outlines.height < 800
    known = {place.oktmo for place in load_layout(None)}
    assert {shape.key for shape in outlines.shapes} <= known
    text = page(view_of(heat_of(), outlines=outlines))
    assert text.count("<path") == 85


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_without_a_browser(theme):
    pytest.importorskip("resvg_py")
    whole, other = (sheet.png(view_of(heat_of(name=name)), theme, 1.0) for name in ("Тверская", "Тверская"))
    assert whole.startswith(b"\x89PNG")
    assert whole == other
    assert sheet.png(view_of(heat_of(n=999)), theme, 1.0) != whole


def test_a_name_that_xml_cannot_hold():
    view = view_of(heat_of(territory="x", name="Тверь\x00\uffff\x1b"))
    assert "Тверь" in "".join(ET.fromstring(sheet.svg(view)).itertext())


def test_a_picture_draws_cyrillic_letters():
    resvg = pytest.importorskip("resvg_py")
    frame = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        '<text x="4" y="30" font-size="24" font-family="{}">{}</text></svg>'
    )
    fonts = sheet.FONTS.replace("'", "&apos;")
    drawn = {
        bytes(resvg.svg_to_bytes(svg_string=frame.format(fonts, letter))) for letter in ("Ж", "Ы", "ё", "")
    }
    assert len(drawn) == 4  # three letters and nothing: all different

"""Reports: what a fit says stands in the page; nothing is asked of a network; nothing in a file is taken for HTML."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gmmfit import Mixture, fit
from gmmfit.cli.main import run
from gmmfit.data.select import select_rows
from gmmfit.files.results.models import read_model
from gmmfit.model.document import Document
from gmmfit.pages.report import report_page
from gmmfit.plots.subject import subject_of
from tests.pages.browser import needs_chromium, result_of, run_in_chromium
from tests.samples import FAITHFUL, FAITHFUL_CSV, HEIGHTS_CSV, HEIGHTS_MODEL

VOID = {"meta", "img", "input", "source", "br"}


class Reader(HTMLParser):
    """Checks that what is opened is closed, and takes the texts, and what is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.asked: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.asked += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    page = folder / "report.html"
    fast = ["--starts", "10", "-q", "--bootstrap", "19"]
    assert run(["fit", FAITHFUL_CSV, "-c", "waiting", "-k", "1-2", "-o", str(page), *fast]) == 0
    return page


def test_a_report_has_what_the_fit_says(report: Path) -> None:
    text = read(report.read_text()).text
    result = fit(FAITHFUL, 2, column="waiting", starts=10)
    assert "waiting: 2 components" in text
    for number in (f"{result.log_likelihood:.4f}", f"{result.bic:.4f}", f"{result.cutoffs[0].value:.6g}"):
        assert number in text
    said = ("old_faithful.csv, 272 rows", "Models compared", "95% interval", "goodness of fit", "EM at work")
    for one in (*said, "Evidence", "Where the search ended", " starts"):
        assert one in text
    assert report.read_text().count("<img ") == 3  # the density, the quantiles, the criteria


def test_what_is_held_has_no_standard_error(tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    run(
        [
            "fit",
            FAITHFUL_CSV,
            "-c",
            "waiting",
            "--init-means",
            "55,80",
            "--constrain",
            "mean_1=55",
            "-q",
            "-o",
            str(page),
        ]
    )
    assert "held" in read(page.read_text()).text


def test_many_iterations_are_said_to_be_some_of_all(here: Path) -> None:
    inits = ["--init-means", "150,190", "-i", "700", "-t", "0", "-q"]
    run(["fit", HEIGHTS_CSV, "-c", "height", *inits, "--history", "s.csv", "-o", "m.json"])
    assert run(["plot", HEIGHTS_CSV, "-c", "height", "-m", "s.csv", "-o", "page.html"]) == 0
    assert "of 701 iterations are here" in read((here / "page.html").read_text()).text


def test_a_report_asks_for_nothing(report: Path) -> None:
    asked = read(report.read_text()).asked
    assert all(place.startswith(("data:image/svg+xml;base64,", "#")) for place in asked)
    assert "default-src 'none'" in report.read_text()


@needs_chromium
def test_a_report_is_read_on_a_phone_and_printed_without_a_word_on_the_console(report: Path) -> None:
    pictures = "result = [...document.images].every((image) => image.complete && image.naturalWidth > 100)"
    assert result_of(report, "document.images.length || fail();" + pictures) == "true"
    wide = "result = document.documentElement.scrollWidth - innerWidth"
    assert int(result_of(report, wide, width=500)) <= 0  # Chromium's windows are no narrower
    printed = report.with_name("report.pdf")
    run_in_chromium(report, f"--print-to-pdf={printed}")
    assert printed.read_bytes().startswith(b"%PDF")


def test_names_are_no_html() -> None:
    name = "<script>alert(1)</script>"
    result = fit({name: FAITHFUL["waiting"]}, 2, init_means=[50, 80])
    subject = subject_of(select_rows({name: FAITHFUL["waiting"]}), result.mixture)
    document = result.to_document() | {"data": {"source": "<b>.csv"}, "warnings": ["<img src=x>"]}
    page = read(report_page({"density": subject}, document))
    assert "script" not in page.tags
    assert page.text.count("<b>.csv") == 1
    assert "<img src=x>" in page.text


def test_a_model_that_was_written_by_hand_has_a_report(tmp_path: Path) -> None:
    model, page = tmp_path / "m.json", tmp_path / "r.html"
    components = [{"weight": 1, "mean": [170], "sd": [8]}]
    model.write_text(json.dumps({"components": components}))
    assert run(["plot", HEIGHTS_CSV, "-c", "height", "-m", str(model), "-o", str(page)]) == 0
    assert "height: 1 component" in read(page.read_text()).text
    table = tmp_path / "m.csv"
    table.write_text("component,weight,mean,sd\n1,0.5,160,5\n2,0.5,175,5\n")
    assert run(["plot", "-m", str(table), "-o", str(page)]) == 0
    assert "x: 2 components" in read(page.read_text()).text


ODD: list[object] = [
    None,
    1,
    10**400,
    [[[[[[["deep"]]]]]]],
    -1.5,
    "text",
    True,
    [],
    {},
    [1],
    [None],
    [{}],
    {"a": [1, {"b": None}]},
    [[1, 2], "x"],
]


@pytest.mark.parametrize("odd", ODD, ids=[str(one)[:20] for one in ODD])
def test_whatever_a_document_says_there_is_a_page(odd: object) -> None:
    mixture = Mixture.from_sds([0.4, 0.6], [160, 175], [5, 6], columns="height")
    document = read_model(HEIGHTS_MODEL).document_of()
    sections = {*document, "bootstrap", "rows", "constraints", "candidates"} - set(
        read_model(HEIGHTS_MODEL).mixture.to_document()
    )
    for name in sorted(sections):
        read(report_page({"density": subject_of(None, mixture)}, document | {name: odd}))
    for section in ("fit", "data"):
        for name in document.get(section, {}):
            read(report_page({}, document | {section: document[section] | {name: odd}}))
    for name in ("standard_errors", "intervals"):
        inside = [
            one | {name: {"weight": odd, "mean": [odd], "sd": [odd], "covariance": [[odd]]}}
            for one in document["components"]
        ]
        read(report_page({}, document | {"components": inside}))
    for name in ("standard_errors", "intervals", "label"):
        changed: Document = document | {"components": [one | {name: odd} for one in document["components"]]}
        read(report_page({}, changed))


def test_every_kind_of_picture_can_be_a_page(here: Path) -> None:
    inits = ["--init-means", "55,80", "-i", "5", "-t", "0", "-q"]
    run(["fit", FAITHFUL_CSV, "-c", "waiting", *inits, "-o", "m.json", "--history", "s.csv"])
    run(["fit", FAITHFUL_CSV, "-c", "waiting", "-k", "1-2", "--starts", "10", "-q", "-o", "range.json"])
    for arguments, said in (
        ([FAITHFUL_CSV, "-m", "m.json"], "waiting: 2 components"),
        ([FAITHFUL_CSV, "-m", "m.json", "--kind", "qq"], "waiting: 2 components"),
        ([FAITHFUL_CSV, "-m", "s.csv", "-c", "waiting"], "waiting: 2 components, 5 iterations of EM"),
        (["-m", "range.json", "--kind", "criteria"], "Models compared"),
        (["s.csv", "--kind", "history", "--title", "the way"], "the way"),
        ([HEIGHTS_CSV, "-c", "height", "--by", "sex", "--title", "a & b"], "a & b"),
    ):
        assert run(["plot", *arguments, "-o", "page.html"]) == 0
        assert said in read((here / "page.html").read_text()).text


def test_the_same_fit_gives_the_same_page(here: Path) -> None:
    for name in ("one.html", "other.html"):
        run(["fit", HEIGHTS_CSV, "-c", "height", "--init-means", "160,180", "-q", "-o", name])
    assert (here / "one.html").read_bytes() == (here / "other.html").read_bytes()

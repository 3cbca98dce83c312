"""gmmfit fit: what it says of its components, and where its history goes."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from gmmfit.cli.main import run
from tests.samples import HEIGHTS_CSV

ROWS = stats.norm.ppf((np.arange(200) + 0.5) / 200).tolist()


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ([20, 21, 23], "thin: it holds about 3 rows. It may be chance"),
        ([9, 9.03, 9.06, 9.09, 9.12, 9.15], "thin: it holds about 6 rows, and its sd is 0.03 of that of all rows."),
        ([9, 10, 11] * 10, "rests on few values: it holds about 30 rows, but only 3 different values lie within two"),
        ([9, 10, 11] * 6, "thin: it holds about 18 rows, but only 3 different values lie within two of its sds"),
        ([9], "the likelihood has no peak there. It holds 1 row near 9. Look at it, use fewer components"),
        ([9] * 30, "13% of the rows are 9, the highest value: component 2 is this heap alone"),
    ],
)
def test_what_is_thin_about_a_component_is_said_in_the_report_and_beside_it(
    others: list[float], sentence: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "t.csv").write_text("\n".join(map(str, ["x", *ROWS, *others])))
    assert run(["fit", "t.csv", "--init-means", f"0,{np.mean(others)}", "--init-sds", "1,1", "-f", "table"]) == 0
    for said in capfd.readouterr():
        assert sentence in " ".join(said.split())


def test_a_history_of_no_known_format_is_refused_with_those_there_are(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["fit", HEIGHTS_CSV, "-k", "2", "--history", "h.foo", "-o", "m.json"]) == 2
    assert "no format for .foo files: name it .csv, .tsv, .json, .jsonl, .xlsx\n" in capfd.readouterr().err
    assert list(here.iterdir()) == []

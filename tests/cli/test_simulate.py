"""gmmfit simulate: a seed that nobody chose is told, so that the same table can be drawn again."""

import re

import pytest

from gmmfit.cli.main import run
from tests.samples import HEIGHTS_MODEL


@pytest.mark.parametrize("mixture", [["-m", HEIGHTS_MODEL], ["--random", "-k", "2"]], ids=" ".join)
def test_the_seed_that_is_said_draws_the_same_table(mixture: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", *mixture, "-n", "5"]) == 0
    drawn, said = capfd.readouterr()
    [seed] = re.findall(r"seed (\d+)", said)
    assert run(["simulate", *mixture, "-n", "5", "--seed", seed]) == 0
    again, said = capfd.readouterr()
    assert again == drawn
    assert "seed" not in said

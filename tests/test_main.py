"""Where the command line begins."""

import sys

import pytest

from gmmfit import __main__ as beginning


def test_an_interrupt_while_the_command_line_loads_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "gmmfit.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "gmmfit.cli.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        beginning.main()
    assert ended.value.code == 130
    assert capfd.readouterr() == ("", "")

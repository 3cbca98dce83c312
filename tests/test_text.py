"""Text from files is safe to show."""

from gmmfit.text import escaped


def test_what_does_not_print_is_escaped_and_what_is_long_is_cut() -> None:
    assert escaped("a\x1b[31m\u202e") == "a\\x1b[31m\\u202e"
    assert escaped("x" * 100) == "x" * 80 + "…"

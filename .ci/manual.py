"""The manual pages, made from the commands' own help when a wheel is built: `man gmmfit`, `man gmmfit-fit`.

Hatchling runs this as a build hook (pyproject.toml).
"""

import re
import sys
import tempfile
from inspect import cleandoc
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

EXIT_STATUS = """.SH EXIT STATUS
.TP
0
Done. A fit that did not converge says so in its status and in a warning.
.TP
1
The data or the model can't be used; nothing is written.
.TP
2
The command line is wrong.
.TP
3
With \\-\\-strict: fitted, but not converged.
.TP
130, 141
Interrupted; the reader of a pipe went away.
"""


class Manual(BuildHookInterface[Any]):
    """Puts the manual pages where `man` looks for those of what is installed beside it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages into a temporary folder, and say where they belong."""
        sys.path.insert(0, self.root)
        self.folder = tempfile.TemporaryDirectory()
        for name, text in pages(self.metadata.version).items():
            page = Path(self.folder.name) / f"{name}.1"
            page.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clear the temporary folder away."""
        self.folder.cleanup()


def pages(version: str) -> dict[str, str]:
    """The manual page of each command by its name."""
    import click

    from gmmfit.cli.main import gmmfit

    top = click.Context(gmmfit, info_name="gmmfit", **gmmfit.context_settings)
    commands = {name: gmmfit.get_command(top, name) for name in gmmfit.list_commands(top)}
    contexts = [top, *(click.Context(command, top, name) for name, command in commands.items() if command)]
    return {context.command_path.replace(" ", "-"): page(context, version) for context in contexts}


def page(context: Any, version: str) -> str:
    """One command's manual page, without a date, which would make each build another one."""
    import click
    from click_man.man import ManPage

    command, made = context.command, ManPage(context.command_path)
    made.version, made.date = version, " "
    made.short_help = command.get_short_help_str(80)
    made.synopsis = " ".join(command.collect_usage_pieces(context))
    made.description = _set(cleandoc(command.help or ""))
    records: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            records.setdefault(getattr(parameter, "section", ""), []).append((record[0], _set(record[1])))
    made.options = [record for section in records.values() for record in section]
    if isinstance(command, click.Group):
        made.commands = [
            (name, _set(one.get_short_help_str(80)))
            for name in command.list_commands(context)
            if (one := command.get_command(context, name))
        ]
    name = context.command_path.replace(" ", "-").upper()
    heading = f'.TH "{name}" "1" "" "gmmfit {version}" "gmmfit manual"'
    text = re.sub(r"^\.TH .*$", lambda _: heading, str(made), count=1, flags=re.MULTILINE)
    for section, (first, *_) in records.items():
        if section:  # a heading before the first option of each section
            option = re.escape(r"\fB" + first[0].split()[0].replace("-", r"\-"))
            begins = rf"^(?=\.TP\n{option}(?!\w|\\-))"  # and no longer name begins so
            text = re.sub(begins, lambda _, heading=section: f".SS {heading}\n", text, count=1, flags=re.MULTILINE)
    return text + EXIT_STATUS


def _set(text: str) -> str:
    """Text as troff takes it: no line begins with a full stop, and what click keeps as it is stays so."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE)
    return re.sub(r"\x08\n(.*?)(\n\n|\Z)", ".nf\n\\1\n.fi\\2", text, flags=re.DOTALL)

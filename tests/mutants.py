"""Small faults put into the package one by one, to see which of them no test notices.

Run by hand, as `python -m tests.mutants --sample 20 gmmfit/model`. Coverage says that a line is run, not that anything
looks at what it does: a fault that goes unnoticed is a fact that wants a test, or changes nothing that matters.

Each fault stands alone in a copy of the project, where the tests run that belong to the file: those of the same name,
then those of its folder, then all that are fast. A fault that is noticed costs seconds, one that isn't a run of all
tests, and one that never ends the time limit. All run once without a fault first. Hundreds of faults take a night.
"""

import argparse
import ast
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from bisect import bisect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.samples import ROOT, SHARED

LIMIT = 600  # seconds, after which tests have failed
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "dist")
# Each operator with what stands instead; the longer ones first, as they hold others.
PAIRS = "<=~< >=~> ==~!= !=~== **~* //~* is_not~is not_in~in <<~>> >>~<< <~<= >~>= is~is_not in~not_in and~or or~and"
SWAPPED = [pair.replace("_", " ").split("~") for pair in (PAIRS + " +~- -~+ *~/ /~* %~* &~| |~& ^~& @~*").split()]
REMOVED = ast.Expr | ast.AugAssign | ast.Raise | ast.Return | ast.Continue | ast.Break | ast.If
# A file, the number and the text of a line that has a fault, and all of the file with it.
Fault = tuple[Path, str, bytes]


def faults(path: Path) -> Iterator[Fault]:
    """Each fault that a file can have: an operator swapped, a constant changed, a `not` added, a statement removed."""
    source = path.read_bytes()
    begins = [0, *(i + 1 for i, byte in enumerate(source) if byte == ord("\n"))]

    def place(node: Any) -> slice:
        return slice(begins[node.lineno - 1] + node.col_offset, begins[node.end_lineno - 1] + node.end_col_offset)

    def fault(at: slice, text: str) -> Fault:
        changed = source[: at.start] + text.encode() + source[at.stop :]
        line = changed[changed.rfind(b"\n", 0, at.start) + 1 : changed.find(b"\n", at.start + len(text))]
        line = b"without " + source[at].splitlines()[0] if text == "pass" else line
        return path, f"{bisect(begins, at.start)}: {' '.join(line.decode().split())}", changed

    tree = ast.parse(source)
    # Types, and what stands in texts, whose places are known from Python 3.12 on only.
    types = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    skipped = {inner for outer in (*types, *texts) if outer is not None for inner in ast.walk(outer)}
    for node in (node for node in ast.walk(tree) if node not in skipped):
        if isinstance(node, ast.Compare | ast.BinOp | ast.BoolOp):
            first, second, *_ = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
            start, stop = place(first).stop, place(second).start
            old, new = next(pair for pair in SWAPPED if pair[0].encode() in source[start:stop])
            start = source.index(old.encode(), start)
            yield fault(slice(start, start + len(old)), new)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            yield fault(place(node), repr(not node.value if isinstance(node.value, bool) else node.value + 1))
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield fault(place(node.test), f"not ({source[place(node.test)].decode()})")
        if isinstance(node, REMOVED) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield fault(place(node), "pass")


def passes(project: Path, arguments: list[str]) -> bool:
    """Whether the tests of a copied project pass within the time limit; where there are none (5) they do."""
    command = [sys.executable, "-m", "pytest", "-qx", "--tb=no", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    tests = subprocess.Popen(command, cwd=project, env=environment, process_group=0, stdout=subprocess.DEVNULL)
    try:
        return tests.wait(LIMIT) in (0, 5)
    except subprocess.TimeoutExpired:
        os.killpg(tests.pid, signal.SIGKILL)
    return False


def noticed(project: Path, fault: Fault) -> bool:
    """Whether a test notices a fault: that of the file's name, one of its folder, or any that is fast."""
    original, _, faulty = fault
    path = original.relative_to(ROOT)
    folder = Path("tests", *path.parent.parts[1:])
    stages = [["-n0", f"{folder}/test_{path.name}"], [str(folder)], []]
    (project / path).write_bytes(faulty)
    found = any(not passes(project, stage) for stage in stages if not stage or (project / stage[-1]).exists())
    (project / path).write_bytes(original.read_bytes())
    return found


def main() -> None:
    """Print each fault that goes unnoticed, and at the end how many did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=sys.maxsize, help="so many of the faults, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT / "gmmfit"])
    options = parser.parse_args()
    files = [file for path in options.paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    chosen = [fault for file in files for fault in faults(file.absolute())]
    chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, ROOT.name)
        shutil.copytree(ROOT, project, ignore=LEFT_OUT)
        Path(folder, SHARED.name).symlink_to(SHARED)
        if not passes(project, []):
            raise SystemExit("the tests don't pass as they are")
        n = 0
        for n, (path, line, _) in enumerate((one for one in chosen if not noticed(project, one)), 1):
            print(f"{n:4} {path.relative_to(ROOT)}:{line}", flush=True)
    print(f"{n} of {len(chosen)} faults went unnoticed")


if __name__ == "__main__":
    main()

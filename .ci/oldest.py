"""Prints the oldest versions that pyproject.toml allows of what gmmfit and its extras need, as pip takes them."""

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
needed = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
print("\n".join(name.replace(">=", "==", 1) for name in needed))

"""A page as Chromium shows it, where that is installed."""

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-logging=stderr")


def run_in_chromium(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What Chromium says of a page that is opened from a folder of its own."""
    assert CHROMIUM is not None
    own = f"--user-data-dir={page.parent / 'chromium'}"
    command = [CHROMIUM, *FLAGS, own, *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def result_of(page: Path, script: str, width: int = 1000) -> str:
    """What a script that runs at the end of a page leaves in `result`; that nothing was said on the console is checked.

    What the page asks of any network is refused by its own policy, and so said there.
    """
    added = page.with_name("driven.html")
    told = f"<script>let result; {script}; document.body.insertAdjacentHTML('beforeend', '<pre id=told></pre>');"
    told += "document.getElementById('told').textContent = result;</script></body>"
    added.write_text(page.read_text().replace("</body>", told))
    done = run_in_chromium(added, "--dump-dom", f"--window-size={width},900")
    assert "CONSOLE" not in done.stderr
    found = re.search('<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None
    return unescape(found[1])

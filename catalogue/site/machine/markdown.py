"""Strangers' text in Markdown that it cannot leave, and the Markdown twin of a server's page.

All of it stands in code, inline or in a fence, behind a delimiter that is longer than any run of backticks within: what
is in there is neither markup nor HTML to any reader of CommonMark (spec.commonmark.org/0.31.2/#code-spans). Addresses
are paths of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalogue.site import urls
from catalogue.site.context import Entry, Site, counted, label
from catalogue.site.grade import GRADE_ABOUT, UNGRADED
from catalogue.site.marks import inert
from catalogue.site.pages.server_page import ServerPage, TargetView

_TICKS = re.compile("`+")


def code(text: str, longest: int = 0) -> str:
    """Return a text as inline code on one line, shortened if `longest` is not 0."""
    line = inert(text, longest)
    if not line.strip():
        return "(empty)"
    mark = "`" * (_longest_run(line) + 1)
    space = " " if line.startswith(("`", " ")) or line.endswith(("`", " ")) else ""
    return f"{mark}{space}{line}{space}{mark}"


def fenced(text: str) -> str:
    """Return a text that is safe to show (`marks.quote`) as a block of code."""
    mark = "`" * max(3, _longest_run(text) + 1)
    return f"{mark}text\n{text}\n{mark}"


def _longest_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text))) if "`" in text else 0


def server_markdown(page: ServerPage, site: Site) -> bytes:
    """Return the Markdown twin of a page of a server."""
    return "\n".join(_lines(page, site.base_url or urls.root(page.path))).encode("utf-8")


def _lines(page: ServerPage, root: str) -> Iterator[str]:
    """Yield the lines; `root` leads to the site's root, from wherever it is read or from the page."""
    yield f"# MCP server {code(page.name)}"
    yield ""
    if page.withdrawn:
        yield "Withdrawn: every source that named this server has deleted it."
        yield ""
    if page.claim.text:
        yield "It says of itself (its author's words, not instructions):"
        yield ""
        yield fenced(page.claim.text)
        yield ""
    yield f"- Risk grade: {f'{page.grade.value}, {GRADE_ABOUT[page.grade]}' if page.grade else f'none, {UNGRADED}'}"
    yield f"- Highest risk: {page.severity.value if page.severity else 'not known'}"
    yield f"- Tools: {', '.join(f'{bar.count:,} {bar.label}' for bar in page.bars) or 'none known'}"
    yield f"- Known since {page.first_seen}, last named {page.last_seen}"
    yield f"- Page: <{root}{page.path}>"
    yield f"- As JSON: <{root}{page.twin}>"
    if page.policy_path:
        yield f"- Recommended policy: <{root}{page.policy_path}>, read as what it does: <{root}{page.policy_page}>"
    yield ""
    yield from _tools(page, root)
    yield from _policy(page)
    yield "## How to reach it"
    yield ""
    yield from (_target(target) for target in page.targets)
    yield "" if page.targets else "No way to reach it is on record.\n"


def _tools(page: ServerPage, root: str) -> Iterator[str]:
    for group in page.groups:
        yield f"## {label(group.category)}: {group.known}"
        yield ""
        yield f"A tool of this category {group.about}."
        yield ""
        yield from (_tool(entry, root) for entry in group.entries)
        yield ""
    if page.slice.following:
        yield f"More tools: <{root}{urls.markdown_twin(page.slice.following)}>"
        yield ""


def _tool(entry: Entry, root: str) -> str:
    notes = [f"{entry.severity.value} risk", *entry.signals, *(["declared, not confirmed"] if entry.declared else [])]
    says = f": {code(entry.summary)}" if entry.summary else ""
    return f"- [{code(entry.name)}](<{root}{entry.path}>) ({', '.join(notes)}){says}"


def _policy(page: ServerPage) -> Iterator[str]:
    if page.advice is None:
        return
    yield "## The recommended policy"
    yield ""
    yield from (f"- {counted(share.count, 'tool')}: {share.words}" for share in page.advice.shares)
    yield ""


def _target(target: TargetView) -> str:
    return f"- {code(target.address)}, {target.kind} over {target.transport}: {target.outcome}"

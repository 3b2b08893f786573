"""A server's badge: its grade and how many tools of each category it has, as an SVG. No text of a stranger is in it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from catalogue.site import urls
from catalogue.site.context import Bar, Site, listed
from catalogue.site.grade import RiskGrade

_TITLE = "MCP risk"
_COLOURS = {
    RiskGrade.A: "#1a7f37",
    RiskGrade.B: "#4d6b1f",
    RiskGrade.C: "#8a5a00",
    RiskGrade.D: "#b02a12",
    RiskGrade.E: "#86198f",
    None: "#57606a",
}
"""White on each of them has a contrast of at least 4.5. The letter says the same, so nothing rests on the colour."""

_WIDTH = 6.6
"""Pixels that a character of 11 pixels takes; `textLength` holds every font to it."""
_MARGIN = 6


def badge(grade: RiskGrade | None, bars: Sequence[Bar], declared: Sequence[Bar]) -> bytes:
    """Return the badge; `bars` are the server's tools by category, `declared` those that only a record names.

    These are counted where there are no others.
    """
    counts = [f"{bar.count:,} {bar.label}" for bar in bars or declared]
    counts += [] if bars or not declared else ["declared only"]
    right = f"{grade.value} · {', '.join(counts)}" if grade else "no tools known"
    spoken = f"{_TITLE} grade {grade.value}: {listed(counts)}" if grade else f"{_TITLE}: {right}"
    split, whole = _box(_TITLE), _box(_TITLE) + _box(right)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
        f"aria-label={quoteattr(spoken)}><title>{escape(spoken)}</title>"
        f'<rect width="{whole}" height="20" rx="3" fill="#24292f"/>'
        f'<path d="M{split} 0h{whole - split - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{split}z" fill="{_COLOURS[grade]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(_MARGIN, _TITLE)}{_text(split + _MARGIN, right)}</g></svg>\n"
    ).encode()


def badge_markdown(site: Site, page: str, badge_path: str) -> str:
    """Return Markdown that shows a badge and leads to its page; without a base address, SITE stands for it."""
    base = site.base_url or "SITE/"
    return f"[![{_TITLE}]({base}{badge_path})]({urls.absolute(base, page)})"


def _box(text: str) -> int:
    return round(len(text) * _WIDTH) + 2 * _MARGIN


def _text(left: int, text: str) -> str:
    return f'<text x="{left}" y="14" textLength="{round(len(text) * _WIDTH)}">{escape(text)}</text>'

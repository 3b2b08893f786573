"""Words that several forms of the report share."""

from __future__ import annotations

from collections import Counter

from catalogue.audit.report import AuditedServer, Known
from classifier.verdict import Category


def identity_words(server: AuditedServer) -> str:
    """Who a server is, in one line."""
    who = server.identity
    if who.known is Known.EXACT:
        return f"exact: {who.server}"
    return f"likely: {who.server} ({who.why})" if who.known is Known.LIKELY else f"unknown: {who.why}"


def categories(server: AuditedServer) -> str:
    """How many tools of each category a server has, the most severe first."""
    if not server.configured.enabled:
        return "switched off"
    counts = Counter(tool.category for tool in server.tools)
    said = [f"{counts[one]} {one.value.capitalize()}" for one in reversed(Category) if counts[one]]
    return ", ".join(said) or "none known"

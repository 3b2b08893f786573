"""A rule: one YAML file, parsed and checked. Knows neither tools nor verdicts beyond their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from classifier.verdict import Category, Strength


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its file says it. Exactly one of `asserts` and `signals` is set.

    `title` completes "The tool ...". `when` is the condition as written (decoded YAML); `source` the file's whole text.
    """

    id: str
    aliases: tuple[str, ...]
    title: str
    asserts: Category | None
    signals: str | None
    strength: Strength
    status: Literal["draft", "stable", "deprecated"]
    about: str
    when: Mapping[str, Any]
    rationale: str
    misses: tuple[str, ...]
    examples: Mapping[Literal["match", "no_match"], tuple[Mapping[str, Any], ...]]
    references: tuple[str, ...]
    source: str

"""Measures the rules on labelled tools: reads the files, and leaves the counting to `classifier.score`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from catalogue.errors import CatalogueError
from catalogue.tool_files import read_entries, to_saved_tool
from catalogue.wire import to_definition
from classifier.ruleset import RuleSet
from classifier.score import GoldError, Label, Score, match_labels, read_labels, score
from classifier.tool import NotAToolError

_MOST_PROBLEMS = 100


def score_files(ruleset: RuleSet, gold: Sequence[Path], tools: Sequence[Path]) -> Score:
    """Judge the tools that the gold files label. Raises `GoldError` with the problems of the labels, many at once."""
    labels, problems = [], []
    for file in gold:
        found, wrong = _labels(file)
        labels += found
        problems += wrong
    pairs, unmatched = match_labels(labels, _definitions(tools))
    if problems + unmatched:
        raise GoldError("\n".join(_named(problems + unmatched)))
    return score(ruleset, pairs)


def _named(problems: Sequence[str]) -> Iterator[str]:
    """Yield as many as a person reads; of a file that is something else every line is one."""
    yield from problems[:_MOST_PROBLEMS]
    if len(problems) > _MOST_PROBLEMS:
        yield f"and {len(problems) - _MOST_PROBLEMS:,} more"


def _labels(file: Path) -> tuple[list[Label], list[str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            return read_labels(lines, str(file))
    except OSError as error:
        raise CatalogueError(f"{file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{file} is not UTF-8, as labels are") from error


def _definitions(files: Sequence[Path]) -> Iterator[tuple[str, Any]]:
    """Yield (server, definition) of every tool; what is no tool has no label."""
    for file in files:
        for entry in read_entries(file):
            saved = to_saved_tool(entry.value)
            try:
                yield saved.server, to_definition(saved.wire).wire
            except NotAToolError:
                continue

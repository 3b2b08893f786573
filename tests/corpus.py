"""The tools of the development corpus with the verdicts of our own rules. Knows no test."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from classifier.ruleset import load
from classifier.verdict import Verdict

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
_KEYS = ("name", "title", "description", "inputSchema", "annotations")
"""What is of the definition; the rest of a record says where it was found."""


class Judged(NamedTuple):
    file: str
    server: str
    wire: Mapping[str, Any]
    verdict: Verdict


def judged() -> Iterator[Judged]:
    """Judge every tool of the corpus: those that are whole (file `tools`), and those that lack something."""
    rules = load()
    for file in ("tools", "tools_partial"):
        with gzip.open(CORPUS / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                wire = {key: record[key] for key in _KEYS if record.get(key) is not None}
                yield Judged(file, record["server"], wire, rules.judge(wire))

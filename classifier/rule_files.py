"""The texts of a folder of rules, and the digest that names them. Knows neither what a rule nor what a word list is.

Who only reads verdicts needs the digest and no rule, and so this imports nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

ENGINE = 3
"""Part of every ruleset's digest: raised whenever this package could read the same rules differently."""

WORDS = "_words.yaml"
"""The file of word lists among the rules."""


def packaged_rules() -> Traversable:
    """Return the folder of the rules that travel with this package."""
    return files("classifier") / "rules"


def read_texts(root: Traversable) -> dict[str, str]:
    """Return the text of every YAML file, two levels deep, by its relative name and in the order of the names.

    Raises OSError and UnicodeDecodeError.
    """
    return dict(sorted(_texts(root)))


def digest_of(texts: Mapping[str, str]) -> str:
    """Return the digest of the ruleset that these texts make."""
    rules = {file: text for file, text in texts.items() if file != WORDS}
    return hashlib.sha256(json.dumps([ENGINE, rules, texts.get(WORDS, "")]).encode("ascii")).hexdigest()


def packaged_digest() -> str:
    """Return the digest of the packaged rules, for a hundredth of what loading them costs."""
    return digest_of(read_texts(packaged_rules()))


def _texts(root: Traversable) -> Iterator[tuple[str, str]]:
    for entry in root.iterdir():
        if entry.is_dir():
            for inner in entry.iterdir():
                if inner.name.endswith(".yaml"):
                    yield f"{entry.name}/{inner.name}", inner.read_text("utf-8")
        elif entry.name.endswith(".yaml"):
            yield entry.name, entry.read_text("utf-8")

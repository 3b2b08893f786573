"""Rule sets of any size, to see what more rules cost: copies of our own rules that look for other words."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from classifier.rule import Rule, read_yaml
from classifier.ruleset import load

_WORDS = "_words.yaml"
_PHRASES = ("phrase", "text", "description", "any", "all", "none")
_LISTS = (
    "name_verb",
    "title_verb",
    "lead_verb",
    "told_verb",
    "name_word",
    "action_value",
    "tag",
    "dense_text",
    "before",
    "direct",
    "ends",
    "verb",
    "object",
    "object_word",
    "name",
    "except",
    "enum",
)
_CLOSED = ("found", "action", "signal", "structure", "annotation", "characters")
"""Leaves whose values are not words of a definition."""
_FOREIGN = ("openings", "closings", "participles")
"""Kinds of lists whose entries are more than words; see `classifier.lexicon`."""


def multiply_rules(folder: Path, rules: int, copies: int) -> Path:
    """Write that many of our rules, each in so many copies of which all but the first look for other words."""
    ours = [rule for rule in load().rules if _rests_on_words(rule)]
    lists = read_yaml((files("classifier") / "rules" / _WORDS).read_text("utf-8"))
    words = dict(lists)
    for copy in range(1, copies):
        words |= {f"{name}-{copy}": _other_list(body, copy) for name, body in lists.items() if _is_plain(body)}
    folder.mkdir(parents=True)
    (folder / _WORDS).write_text(yaml.safe_dump(words, sort_keys=False, allow_unicode=True), "utf-8")
    for rule in ours[:: max(1, len(ours) // rules)][:rules]:
        for copy in range(copies):
            _write(folder, rule, copy, lists)
    return folder


def _rests_on_words(rule: Rule) -> bool:
    """Tell whether words decide: what looks at a definition's form alone cannot look for anything else."""
    keys = [[key for need in way.needs for key in need] for way in rule.condition.ways()]
    return all(any(not key.startswith(("form:", "character:")) for key in some) for some in keys)


def _is_plain(body: Mapping[str, Any]) -> bool:
    return body["kind"] not in _FOREIGN


def _write(folder: Path, rule: Rule, copy: int, lists: Mapping[str, Any]) -> None:
    data = read_yaml(rule.source)
    if copy:
        data |= {"id": f"{rule.id}-{copy}", "when": _other_condition(data["when"], copy, lists)}
    place = folder / (rule.asserts.value if rule.asserts else "signals")
    place.mkdir(exist_ok=True)
    text = yaml.safe_dump(data, width=2**20, default_flow_style=True, allow_unicode=True)
    (place / f"{data['id']}.yaml").write_text(text, "utf-8")


def _other_condition(node: Any, copy: int, lists: Mapping[str, Any], key: str = "") -> Any:
    """Return a condition about other words. `key` is the key that the node stands under."""
    if isinstance(node, Mapping):
        return {
            name: part if name in _CLOSED else _other_condition(part, copy, lists, name) for name, part in node.items()
        }
    if isinstance(node, list):
        return [_other_condition(part, copy, lists, key) for part in node]
    if key in _LISTS and isinstance(node, str):
        return f"{node}-{copy}" if node in lists else _other_words(node, copy)
    return _other_words(node, copy) if key in _PHRASES and isinstance(node, str) else node


def _other_list(body: Mapping[str, Any], copy: int) -> dict[str, Any]:
    return {"kind": body["kind"], "words": [_other_words(word, copy) for word in body["words"]]}


def _other_words(text: str, copy: int) -> str:
    """Return a phrase of other words: "delete|<run-verbs> ... it" becomes "deleteqb|<run-verbs-1> ... itqb"."""
    return " ".join("|".join(_other_word(word, copy) for word in part.split("|")) for part in text.split(" "))


def _other_word(word: str, copy: int) -> str:
    if word in ("", "..."):
        return word
    if word.startswith("<"):
        return f"{word[:-1]}-{copy}>"
    mark = word[-1] if word[-1] in "*$" else ""
    return f"{word.removesuffix(mark)}q{chr(ord('a') + copy)}{mark}"

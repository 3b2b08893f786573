"""A rule: one YAML file, parsed and checked. Knows no tool beyond its own examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from classifier.condition import Condition, compile_condition
from classifier.lexicon import Lexicon
from classifier.schema_leaves import FoundLeaf, SignalLeaf
from classifier.verdict import SIGNALS, Category, Strength

_KEYS = (
    "id",
    "aliases",
    "title",
    "asserts",
    "signals",
    "strength",
    "status",
    "about",
    "when",
    "rationale",
    "misses",
    "examples",
    "references",
)
_REQUIRED = ("id", "title", "strength", "status", "about", "when", "rationale", "examples")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LONGEST = 60
"""Lines of a rule file; longer is two rules."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its file says it. Exactly one of `asserts` and `signals` is set.

    `title` completes "The tool ...". `when` is the condition as written (decoded YAML), `condition` the same compiled;
    `source` the file's whole text; `says` the rationale cut up: text and names of placeholders in turn.
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
    examples: Mapping[str, tuple[Mapping[str, Any], ...]]
    references: tuple[str, ...]
    source: str
    condition: Condition
    says: tuple[str, ...]

    def other_signals(self) -> frozenset[str]:
        """Return the signals that its condition asks for, and that have to be judged before it."""
        return frozenset(
            name for leaf in self.condition.leaves() if isinstance(leaf, SignalLeaf) for name in leaf.signals
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a rule file: where, under which key, and what. `str()` is one line."""

    file: str
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.what}"


def parse_rule(file: str, text: str, lexicon: Lexicon) -> tuple[Rule | None, list[Problem]]:
    """Parse one rule file, named `<folder>/<id>.yaml`; return the rule unless something is wrong, and all that is."""
    try:
        data = read_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return None, [
            Problem(file, mark.line + 1 if mark else 1, "(file)", f"not YAML: {getattr(error, 'problem', error)}")
        ]
    if not isinstance(data, Mapping):
        return None, [Problem(file, 1, "(file)", "a rule is a mapping")]
    found = list(_faults(file, text, data))
    problems: list[str] = []
    condition = compile_condition(data.get("when"), lexicon, problems) if "when" in data else None
    found += [("when", what) for what in problems]
    if condition:
        found += _condition_faults(data, condition)
    if found or condition is None:
        return None, [Problem(file, line_of(text, key), key, what) for key, what in found]
    return _build(data, text, condition), []


def _build(data: Mapping[str, Any], text: str, condition: Condition) -> Rule:
    return Rule(
        id=data["id"],
        aliases=tuple(data.get("aliases", ())),
        title=data["title"],
        asserts=Category(data["asserts"]) if "asserts" in data else None,
        signals=data.get("signals"),
        strength=Strength(data["strength"]),
        status=data["status"],
        about=data["about"].strip(),
        when=data["when"],
        rationale=data["rationale"],
        misses=tuple(data.get("misses", ())),
        examples={kind: tuple(map(example_wire, data["examples"][kind])) for kind in ("match", "no_match")},
        references=tuple(data.get("references", ())),
        source=text,
        condition=condition,
        says=tuple(_PLACEHOLDER.split(data["rationale"])),
    )


def _faults(file: str, text: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong) of everything but the condition."""
    for key in data:
        if key not in _KEYS:
            yield str(key), f"unknown key; known: {', '.join(_KEYS)}"
    for key in _REQUIRED:
        if key not in data:
            yield key, "missing"
    yield from _identity_faults(file, text, data)
    for key in ("title", "about", "rationale"):
        if key in data and not (isinstance(data[key], str) and data[key].strip()):
            yield key, "expected text"
    for key in ("aliases", "misses", "references"):
        if not isinstance(data.get(key, []), list) or not all(isinstance(item, str) for item in data.get(key, [])):
            yield key, "expected a list of strings"
    for key, allowed in (("strength", list(Strength)), ("status", ["draft", "stable", "deprecated"])):
        if key in data and data[key] not in [str(one) for one in allowed]:
            yield key, f"expected one of {', '.join(map(str, allowed))}, not {data[key]!r}"
    if "examples" in data:
        yield from _example_faults(data["examples"])


def _identity_faults(file: str, text: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    folder, _, name = file.rpartition("/")
    if not isinstance(data.get("id"), str) or not _ID.fullmatch(data["id"]) or data["id"] + ".yaml" != name:
        yield "id", f"expected the file's name, lower case with hyphens, not {data.get('id')!r}"
    if text.count("\n") > _LONGEST:
        yield "(file)", f"more than {_LONGEST} lines: this is two rules"
    if ("asserts" in data) == ("signals" in data):
        yield "asserts", "a rule has exactly one of asserts and signals"
    elif "asserts" in data:
        known = [one.value for one in Category if one is not Category.UNCLASSIFIED]
        if data["asserts"] not in known:
            yield "asserts", f"expected one of {', '.join(known)}, not {data['asserts']!r}"
        elif folder.rpartition("/")[2] != data["asserts"]:
            yield "asserts", f"a rule that asserts {data['asserts']} stands in the folder {data['asserts']}/"
    elif data["signals"] not in SIGNALS:
        yield "signals", f"unknown signal {data['signals']!r}; known: {', '.join(SIGNALS)}"
    elif folder.rpartition("/")[2] != "signals":
        yield "signals", "a rule of a signal stands in the folder signals/"


def _example_faults(examples: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(examples, Mapping) or set(examples) != {"match", "no_match"}:
        yield "examples", "expected match and no_match"
        return
    for kind, tools in examples.items():
        if not isinstance(tools, list) or not tools:
            yield "examples", f"{kind} needs at least one tool"
        elif not all(isinstance(tool, Mapping) and isinstance(tool.get("name"), str) for tool in tools):
            yield "examples", f"each tool of {kind} is a mapping with a name"


def _condition_faults(data: Mapping[str, Any], condition: Condition) -> list[tuple[str, str]]:
    """Check what only the compiled condition tells: placeholders, findability, and leaves that rules may not use."""
    known = {*condition.certain(), "quote"}
    faults = [
        ("rationale", f"placeholder {{{name}}} is not certain to be filled; certain: {', '.join(sorted(known))}")
        for name in _PLACEHOLDER.findall(str(data.get("rationale", "")))
        if name not in known
    ]
    if "asserts" in data and any(isinstance(leaf, (FoundLeaf, SignalLeaf)) for leaf in condition.leaves()):
        faults.append(
            ("when", "the leaves found and signal are for rules of signals: a category cannot rest on itself")
        )
    if not condition.finds():
        faults.append(("when", "the condition can hold without finding anything, so it would have no evidence"))
    return faults


def example_wire(example: Mapping[str, Any]) -> Mapping[str, Any]:
    """Turn an example into wire JSON: `parameters: {path: string}` is short for an input schema."""
    wire = {key: value for key, value in example.items() if key != "parameters"}
    if "parameters" in example:
        properties = {
            name: {"type": schema} if isinstance(schema, str) else schema
            for name, schema in example["parameters"].items()
        }
        wire["inputSchema"] = {"type": "object", "properties": properties}
    return wire


def line_of(text: str, key: str) -> int:
    """Return the line that a top-level key stands on; 1 when it stands nowhere."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(key + ":"):
            return number
    return 1


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # ten times as fast with libyaml
    """Reads plain data, and no key twice in one mapping: YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping. Raises `yaml.constructor.ConstructorError` where a key stands twice."""
        seen: set[str] = set()
        for key in [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(text: str) -> Any:
    """Decode YAML. Raises `yaml.YAMLError`, also where a mapping has a key twice."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader

"""The engine's rules: schemas, conditions, placeholders, verdicts, and what is wrong with a rule file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from classifier.condition import compile_condition
from classifier.features import Features
from classifier.leaves import Subject
from classifier.lint import check
from classifier.ruleset import RuleSetError, load
from classifier.schema import walk_properties
from classifier.tool import NotAToolError, Tool
from classifier.verdict import Category, Confidence, Match, Strength, decide, judge_severity

LEXICON = load().lexicon

WORDS = """\
reads: {kind: verbs, words: [get, list]}
deletes: {kind: verbs, words: [delete, purge]}
hedges: {kind: words, words: ['not']}
"""

RULE = """\
id: deletes
title: deletes things
asserts: destructive
strength: decisive
status: stable
about: A test's rule.
when:
  name_verb: deletes
rationale: its name says "{name_verb}"
examples:
  match: [{name: delete_x}]
  no_match: [{name: get_x}]
"""


def paths(schema: Any) -> list[str]:
    return [one.path for one in walk_properties(schema, "/inputSchema")]


def test_walks_nested_properties_branches_and_items():
    schema = {
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": {"type": "object", "properties": {"path": {"type": "string"}}}},
            "target": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"id": {}}}]},
        },
        "allOf": [{"properties": {"force": {"type": "boolean"}}, "required": ["force"]}],
    }
    assert paths(schema) == ["files", "target", "force", "files[].path", "target.id"]
    found = {one.path: one for one in walk_properties(schema, "/inputSchema")}
    assert found["files[].path"].pointer == "/inputSchema/properties/files/items/properties/path"
    assert found["force"].required
    assert not found["files"].required


def test_walks_what_stands_below_a_property_without_a_name():
    host = {"type": "object", "properties": {"host": {"type": "string"}}}
    schema = {
        "properties": {
            "rows": {"type": "array", "prefixItems": [host]},
            "named": {"type": "object", "additionalProperties": host},
            "like": {"type": "object", "patternProperties": {"^a/b$": host}},
            "open": {"type": "object", "additionalProperties": True, "patternProperties": [], "prefixItems": {}},
        }
    }
    found = {one.path: one.pointer for one in walk_properties(schema, "/inputSchema") if one.depth}
    assert found == {
        "rows[].host": "/inputSchema/properties/rows/prefixItems/0/properties/host",
        "named[].host": "/inputSchema/properties/named/additionalProperties/properties/host",
        "like[].host": "/inputSchema/properties/like/patternProperties/^a~1b$/properties/host",
    }


def test_follows_references_inside_the_document_and_ends_in_cycles():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "value": {"type": "string"}}}
    found = walk_properties({"properties": {"head": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}, "/inputSchema")
    assert {"head", "head.next", "head.value"} <= {one.path for one in found}
    assert len(found) < 1_000
    assert paths({"properties": {"x": {"$ref": "#"}}}) == ["x"]
    assert paths({"properties": {"x": {"$ref": "https://example.com/schema"}}}) == ["x"]
    assert paths({"properties": {"x": {"$ref": "#/nowhere"}}}) == ["x"]


def test_escapes_names_in_pointers():
    (one,) = walk_properties({"properties": {"a/b~c": {}}}, "/inputSchema")
    assert one.pointer == "/inputSchema/properties/a~1b~0c"


@pytest.mark.parametrize("schema", [None, [], "x", {"properties": []}, {"properties": {"a": 1}}, {"required": 5}])
def test_takes_what_is_no_schema_for_one_without_properties(schema: Any):
    assert paths(schema) in ([], ["a"])


def test_sees_closed_lists_in_enums_and_constants():
    schema = {"properties": {"a": {"enum": ["x", 1]}, "b": {"oneOf": [{"const": "y"}, {"const": "z"}]}}}
    found = {one.path: one for one in walk_properties(schema, "")}
    assert (found["a"].enum, found["a"].enum_pointer) == (("x", 1), "/properties/a/enum")
    assert (found["b"].enum, found["b"].enum_pointer) == (("y", "z"), "")


@pytest.mark.parametrize("wire", [None, 5, [], {}, {"name": ""}, {"name": 5}])
def test_refuses_what_is_no_tool(wire: Any):
    with pytest.raises(NotAToolError):
        Tool.from_wire(wire)


def holds(when: Mapping[str, Any], wire: Mapping[str, Any]) -> bool:
    problems: list[str] = []
    condition = compile_condition(when, LEXICON, problems)
    assert condition, problems
    return condition.ask(Subject.of(Features(Tool.from_wire(wire), LEXICON))) is not None


GET = {"name_verb": ["get"]}
USER = {"name_word": ["user"]}
FORCE = {"parameter": {"name": ["force"]}}


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ({"all": [GET, USER]}, True),
        ({"all": [GET, FORCE]}, False),
        ({"any": [FORCE, USER]}, True),
        ({"any": [FORCE, {"name_word": ["team"]}]}, False),
        ({"not": FORCE}, True),
        ({"not": GET}, False),
        ({"at_least": {"count": 2, "of": [GET, FORCE, USER]}}, True),
        ({"at_least": {"count": 3, "of": [GET, FORCE, USER]}}, False),
        ({"all": [GET, {"not": {"any": [FORCE, {"name_word": ["team"]}]}}]}, True),
    ],
)
def test_combines_conditions(when: Mapping[str, Any], held: bool):
    assert holds(when, {"name": "get_user"}) is held


def parameter(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": "x", "inputSchema": {"type": "object", "properties": {name: schema}}}


@pytest.mark.parametrize(
    ("asked", "wire", "held"),
    [
        ({"name": ["api key"]}, parameter("myApiKey"), True),
        ({"name": ["api key"]}, parameter("key"), False),
        ({"name": ["=query"]}, parameter("query"), True),
        ({"name": ["=query"]}, parameter("query_id"), False),
        ({"name": ["path$"]}, parameter("file_path"), True),
        ({"name": ["path$"]}, parameter("path_count"), False),
        ({"name": ["sql"], "type": "string"}, parameter("sql", type="string"), True),
        ({"name": ["sql"], "type": "string"}, parameter("sql", type="integer"), False),
        ({"name": ["sql"], "type": ["string", "unstated"]}, parameter("sql"), True),
        ({"format": "uri"}, parameter("x", format="uri"), True),
        ({"name": ["side"], "enum": ["buy"]}, parameter("side", enum=["BUY", "SELL"]), True),
        ({"name": ["side"], "enum": ["buy"]}, parameter("side", enum=["left"]), False),
        ({"name": ["q"], "description": ["sql query"]}, parameter("q", description="The SQL query to run"), True),
        ({"name": ["q"], "required": True}, parameter("q"), False),
    ],
)
def test_asks_for_parameters(asked: Mapping[str, Any], wire: Mapping[str, Any], held: bool):
    assert holds({"parameter": asked}, wire) is held


@pytest.mark.parametrize(
    ("claims", "held"),
    [({"readOnlyHint": True}, True), ({"readOnlyHint": False}, False), ({}, False), ({"readOnlyHint": "yes"}, False)],
)
def test_a_hint_has_three_states(claims: Mapping[str, Any], held: bool):
    wire = {"name": "x", "annotations": claims}
    assert holds({"annotation": {"read_only": True}}, wire) is held
    absent = not isinstance(claims.get("readOnlyHint"), bool)
    assert holds({"annotation": {"read_only": "absent"}}, wire) is absent


def actions(*values: str, name: str = "action") -> dict[str, Any]:
    return {"name": "thing", "inputSchema": {"properties": {name: {"type": "string", "enum": list(values)}}}}


@pytest.mark.parametrize(
    ("wire", "categories"),
    [
        (actions("list", "create", "delete"), ["read", "write", "destructive"]),
        (actions("get", "restart"), ["read", "execute"]),
        (actions("list", "delete", name="sort"), []),
        (actions("delete"), []),
    ],
)
def test_judges_each_value_of_an_action_parameter(wire: Mapping[str, Any], categories: list[str]):
    verdict = load().judge(wire)
    assert [one.category.value for one in verdict.actions] == categories
    if categories:
        assert verdict.category.value == categories[-1]


def test_a_thing_is_no_action():
    assert load().judge(actions("group", "project", "note")).category is not Category.WRITE


D, S, W = Strength.DECISIVE, Strength.STRONG, Strength.WEAK
READ, WRITE, EXECUTE, DESTRUCTIVE = Category.READ, Category.WRITE, Category.EXECUTE, Category.DESTRUCTIVE


@pytest.mark.parametrize(
    ("matches", "category", "confidence"),
    [
        ([], Category.UNCLASSIFIED, Confidence.NONE),
        ([(READ, W)], READ, Confidence.LOW),
        ([(READ, S)], READ, Confidence.MEDIUM),
        ([(READ, D)], READ, Confidence.HIGH),
        ([(READ, D), (DESTRUCTIVE, S)], READ, Confidence.HIGH),
        ([(READ, S), (DESTRUCTIVE, S)], DESTRUCTIVE, Confidence.LOW),
        ([(READ, D), (WRITE, D), (EXECUTE, W)], WRITE, Confidence.MEDIUM),
        ([(READ, W), (WRITE, W)], WRITE, Confidence.LOW),
        ([(Category.FINANCIAL, D), (DESTRUCTIVE, D)], Category.FINANCIAL, Confidence.MEDIUM),
    ],
)
def test_the_strongest_tier_decides_and_in_it_the_most_severe(
    matches: list[tuple[Category, Strength]], category: Category, confidence: Confidence
):
    given = [Match(f"r{index}", *one, "", ()) for index, one in enumerate(matches)]
    found = decide(reversed(given))
    assert found[:2] == (category, confidence)
    assert {match.rule for match in (*found[2], *found[3])} == {match.rule for match in given}
    assert decide(given) == found


def test_a_signal_raises_a_severity_and_none_lowers_it():
    assert judge_severity(READ, [])[0].value == "low"
    assert judge_severity(READ, ["filesystem", "credentials-out"])[0].value == "high"
    assert judge_severity(DESTRUCTIVE, ["filesystem"])[0].value == "critical"


def folder(root: Path, **rules: str) -> Path:
    """Write a folder of rules; `destructive__deletes` becomes destructive/deletes.yaml."""
    (root / "_words.yaml").write_text(WORDS, "utf-8")
    for place, text in rules.items():
        where, _, name = place.partition("__")
        (root / where).mkdir(exist_ok=True)
        (root / where / f"{name.replace('_', '-')}.yaml").write_text(text, "utf-8")
    return root


def complaints(root: Path, **rules: str) -> list[str]:
    with pytest.raises(RuleSetError) as error:
        check(folder(root, **rules))
    return [str(problem) for problem in error.value.problems]


def test_loads_a_folder_of_rules(tmp_path: Path):
    extra = RULE.replace("id: deletes", "id: reads").replace("asserts: destructive", "asserts: read")
    extra = extra.replace("name_verb: deletes", "name_verb: reads").replace(
        "match: [{name: delete_x}]\n  no_match: [{name: get_x}]",
        "match: [{name: get_x}]\n  no_match: [{name: x}]",
    )
    rules = check(folder(tmp_path, destructive__deletes=RULE, read__reads=extra))
    assert rules.judge({"name": "purge_all"}).category is DESTRUCTIVE
    assert rules.judge({"name": "purge_all"}).rationale.startswith('The tool deletes things: its name says "purge". ')
    assert rules.judge({"name": "get_all"}).category is READ
    assert rules.judge({"name": "frobnicate"}).category is Category.UNCLASSIFIED


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "complaint"),
    [
        ("about:", "abuot:", 6, "abuot", "unknown key"),
        ("status: stable\n", "", 1, "status", "missing"),
        ("strength: decisive", "strength: mighty", 4, "strength", "expected one of"),
        ("asserts: destructive", "asserts: evil", 3, "asserts", "expected one of"),
        ("asserts: destructive", "asserts: read", 3, "asserts", "stands in the folder read/"),
        ("asserts: destructive", "asserts: destructive\nsignals: bulk", 3, "asserts", "exactly one of"),
        ("id: deletes", "id: Deletes", 1, "id", "the file's name"),
        ("name_verb: deletes", "name_vreb: deletes", 7, "when", "unknown leaf"),
        ("name_verb: deletes", "name_verb: no-such-list", 7, "when", "no word list"),
        ("name_verb: deletes", "name_verb: [frobnicate]", 7, "when", "stands in no list of verbs"),
        ("name_verb: deletes", "not: {name_verb: deletes}", 7, "when", "without finding anything"),
        ("name_verb: deletes", "found: [destructive]", 7, "when", "cannot rest on itself"),
        ("name_verb: deletes", "signal: [bulk]", 7, "when", "cannot rest on itself"),
        ("name_verb: deletes", "signal: [loud]", 7, "when", "expected a list of signals"),
        ("name_verb: deletes", "found: {any: [read], quoted: maybe}", 7, "when", "quoted is true or false"),
        ("name_verb: deletes", "at_least: {count: 3, of: [{name_verb: deletes}]}", 7, "when", "can reach"),
        ("name_verb: deletes", "parameter: {nam: [x]}", 7, "when", "unknown key 'nam'"),
        ("{name_verb}", "{phrase}", 9, "rationale", "not certain to be filled"),
        ("no_match: [{name: get_x}]", "no_match: []", 10, "examples", "at least one tool"),
        ("no_match: [{name: get_x}]", "no_match: [{title: x}]", 10, "examples", "mapping with a name"),
        ("about:", "title: again\nabout:", 6, "(file)", "'title' stands twice"),
        ("when:\n", "when:\n  name_verb: reads\n", 9, "(file)", "'name_verb' stands twice"),
    ],
)
def test_says_what_is_wrong_with_a_rule_file(tmp_path: Path, old: str, new: str, line: int, key: str, complaint: str):
    assert old in RULE
    found = complaints(tmp_path, destructive__deletes=RULE.replace(old, new, 1))
    assert any(one.startswith(f"destructive/deletes.yaml:{line}: {key}: ") and complaint in one for one in found), found


def test_a_word_list_that_stands_twice_is_a_fault(tmp_path: Path):
    root = folder(tmp_path, destructive__deletes=RULE)
    (root / "_words.yaml").write_text(WORDS + "deletes: {kind: verbs, words: [purge]}\n", "utf-8")
    with pytest.raises(RuleSetError) as error:
        load(root)
    assert any("'deletes' stands twice" in str(problem) for problem in error.value.problems)


def test_a_failing_example_is_a_fault(tmp_path: Path):
    found = complaints(tmp_path, destructive__deletes=RULE.replace("name: get_x", "name: delete_y"))
    assert any("examples" in one and "fires on 'delete_y'" in one for one in found), found


def test_reports_all_faults_of_all_files_at_once(tmp_path: Path):
    found = complaints(
        tmp_path,
        destructive__deletes=RULE.replace("about:", "abuot:"),
        destructive__other=RULE,
        read__broken="id: [",
        write__long=RULE + "# more\n" * 60,
    )
    for file in ("destructive/deletes.yaml", "destructive/other.yaml", "read/broken.yaml", "write/long.yaml"):
        assert any(one.startswith(file) for one in found), (file, found)
    assert len([one for one in found if one.startswith("destructive/deletes.yaml")]) >= 2


def test_a_file_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others(tmp_path: Path):
    found = complaints(
        tmp_path,
        read__broken="id: [",
        destructive__deletes=RULE,
        destructive__again=RULE.replace("id: deletes", "id: again"),
        write__purges=RULE.replace("id: deletes", "id: purges")
        .replace("destructive", "write")
        .replace("get_x", "purge_y"),
    )
    for start, what in (
        ("read/broken.yaml:", "not YAML"),
        ("destructive/deletes.yaml:", "the same condition as again"),
        ("write/purges.yaml:10: examples", "fires on 'purge_y'"),
    ):
        assert any(one.startswith(start) and what in one for one in found), (start, found)


def test_two_rules_that_are_the_same_are_a_fault(tmp_path: Path):
    found = complaints(tmp_path, destructive__deletes=RULE, destructive__again=RULE.replace("id: deletes", "id: again"))
    assert any("same condition" in one for one in found), found


SIGNAL = """\
id: {id}
title: has a signal
signals: {signals}
strength: strong
status: stable
about: A test's rule.
when: {when}
rationale: it says "{{quote}}"
examples:
  match: [{{name: delete_x}}]
  no_match: [{{name: get_x}}]
"""


def test_a_signal_may_rest_on_another_and_no_further(tmp_path: Path):
    first = SIGNAL.format(id="z-first", signals="bulk", when="{name_verb: deletes}")
    second = SIGNAL.format(id="a-second", signals="admin", when="{signal: [bulk]}")
    third = SIGNAL.format(id="b-third", signals="markup", when="{signal: [admin, bulk]}")
    rules = load(folder(tmp_path, destructive__deletes=RULE, signals__z_first=first, signals__a_second=second))
    admin, bulk = rules.judge({"name": "delete_x"}).signals
    assert (admin.id, bulk.id) == ("admin", "bulk")
    assert [(one.leaf, one.pointer, one.quote) for one in admin.evidence] == [("signal", "/name", "delete")]
    what = "signals/b-third.yaml:7: when: the signal admin rests on other signals, so no rule may rest on it"
    assert what in complaints(tmp_path, signals__b_third=third)


def test_an_empty_folder_is_a_fault(tmp_path: Path):
    with pytest.raises(RuleSetError, match="holds no rule") as without_words:
        load(tmp_path)
    assert len(without_words.value.problems) == 1
    with pytest.raises(RuleSetError, match="holds no rule"):
        load(folder(tmp_path))
    with pytest.raises(RuleSetError, match="cannot be read"):
        load(tmp_path / "nowhere")


def test_reads_a_schema_that_lacks_its_envelope():
    schema = {"file path": {"type": "string"}, "options": {"description": "More.", "properties": {"deep": {}}}}
    found = walk_properties(schema, "/inputSchema")
    assert [(one.path, one.pointer) for one in found] == [
        ("file path", "/inputSchema/file path"),
        ("options", "/inputSchema/options"),
        ("options.deep", "/inputSchema/options/properties/deep"),
    ]
    for schema in ({"type": "object"}, {"$defs": {"a": {"b": 1}}}, {"a": {"type": "string"}, "b": 1}, {"a": {}}):
        assert walk_properties(schema, "/inputSchema") == ()

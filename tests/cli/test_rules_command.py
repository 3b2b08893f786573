from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

RULES = Path(__file__).resolve().parents[2] / "classifier" / "rules"


@pytest.fixture
def rules(tmp_path) -> Path:
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


def a_rule(rules: Path) -> Path:
    return min((rules / "destructive").glob("*.yaml"))


def test_the_packaged_rules_have_no_problem(catalogue):
    ended = catalogue("rules", "check")
    assert ended.code == 0
    assert "no problem" in ended.out


@pytest.mark.parametrize("command", [("rules", "check", "--rules"), ("classify", "--tools", "/dev/null", "--rules")])
def test_every_problem_is_named_with_file_and_key(catalogue, rules, command):
    file = a_rule(rules)
    file.write_text("colour: red\n" + file.read_text())
    other = max((rules / "read").glob("*.yaml"))
    other.write_text(other.read_text().replace("strength:", "strngth:"))
    ended = catalogue(*command, rules)
    assert ended.code == 1
    errors = ended.err.splitlines()
    assert all(line.startswith("error: ") for line in errors)
    assert any(f"destructive/{file.name}:1: colour: " in line for line in errors)
    assert any(f"read/{other.name}:" in line and "strength" in line for line in errors)


def test_an_example_that_fails_is_named(catalogue, rules):
    file = a_rule(rules)
    rule = yaml.safe_load(file.read_text())
    rule["examples"]["match"].append({"name": "get_weather"})
    file.write_text(yaml.safe_dump(rule, sort_keys=False))
    ended = catalogue("rules", "check", "--rules", rules)
    assert ended.code == 1
    assert file.name in ended.err
    assert "get_weather" in ended.err


@pytest.mark.parametrize("content", ["{", "- a list", "", "id: \x1b[2J\n", "a: &a [*a]"])
def test_a_file_that_is_no_rule_is_a_line(catalogue, rules, content):
    (rules / "read" / "broken.yaml").write_text(content)
    ended = catalogue("rules", "check", "--rules", rules)
    assert ended.code == 1
    assert "read/broken.yaml:" in ended.err
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err


def test_a_missing_or_empty_folder_is_a_line(catalogue, tmp_path):
    assert catalogue("rules", "check", "--rules", "missing").failed_with("missing")
    ended = catalogue("rules", "check", "--rules", tmp_path)
    assert ended.code == 1
    assert "Traceback" not in ended.err


def test_rules_are_listed_and_shown(catalogue):
    listed = json.loads(catalogue("rules", "show", "--format", "json").out)
    one = listed[0]["id"]
    assert len(listed) >= 60
    assert all((rule["asserts"] is None) != (rule["signals"] is None) for rule in listed)
    assert one in catalogue("rules", "show").out
    assert catalogue("rules", "show", one).out.startswith(f"id: {one}\n")
    assert [rule["id"] for rule in json.loads(catalogue("rules", "show", one, "--format", "json").out)] == [one]
    assert catalogue("rules", "show", one[:-1]).failed_with(repr(one[:-1]), one)


@pytest.mark.parametrize(("option", "value"), [("--asserts", "execute"), ("--signals", "bulk")])
def test_a_new_rule_passes_the_check_and_replaces_none(catalogue, rules, option, value):
    ended = catalogue("rules", "new", "does-a-new-thing", option, value, "--rules", rules)
    assert ended.code == 0
    file = Path(ended.out.strip())
    assert file.parent.name in ("execute", "signals")
    checked = catalogue("rules", "check", "--rules", rules)
    assert checked.code == 0, checked.err
    file.write_text("mine")
    again = catalogue("rules", "new", "does-a-new-thing", option, value, "--rules", rules)
    assert again.failed_with("exists already")
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Not An Id", "--asserts", "read"], "Not An Id"),
        (["../escape", "--asserts", "read"], "../escape"),
        (["new-rule", "--asserts", "destructiv"], "destructive"),
        (["new-rule", "--signals", "bulky"], "bulk"),
        (["new-rule", "--asserts", "read", "--rules", "missing"], "missing"),
    ],
)
def test_a_new_rule_that_cannot_be_is_one_line(catalogue, arguments, says):
    assert catalogue("rules", "new", *arguments).failed_with(says)

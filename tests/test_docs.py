"""The documents say what is true: outputs of commands, links, targets of make, the rule in CONTRIBUTING."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from catalogue.cli import run
from catalogue.cli.app import app
from catalogue.cli.reference import regenerate
from classifier.ruleset import load

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"]


def test_every_output_in_the_readme_is_what_the_command_prints_today():
    text = (ROOT / "README.md").read_text()
    assert text.count("<!-- run: ") == len(re.findall(r"<!-- run: .* -->\n```", text)) > 10
    assert regenerate(text, ROOT) == text, "run `make docs`"


def test_every_command_is_in_the_readme():
    text = (ROOT / "README.md").read_text()
    groups = {group.name: group.typer_instance for group in app.registered_groups}
    names = [command.name for command in app.registered_commands]
    names += [
        f"{name} {command.name or command.callback.__name__}"
        for name, group in groups.items()
        for command in group.registered_commands
    ]
    for name in names:
        assert f"<!-- run: catalogue {name} --help -->" in text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_to_files_lead_somewhere(name):
    document = ROOT / name
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_target_of_make_that_is_named_exists(name):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)`|^    make ([a-z]+)", (ROOT / name).read_text(), re.MULTILINE)) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }


def test_every_extra_that_is_named_exists():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    places = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "catalogue").rglob("*.py")]
    named = {name for place in places for name in re.findall(r"mcp-risk-catalogue\[([a-z]+)\]", place.read_text())}
    assert named == set(extras)


def test_the_changelog_names_every_rule():
    sections = re.findall(r"^### Rules\n(.*?)(?=^##|\Z)", (ROOT / "CHANGELOG.md").read_text(), re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`([a-z-]+)`", "".join(sections)))
    assert not {rule.id for rule in load().rules} - named


def test_the_rule_that_contributing_shows_is_one(tmp_path, capsys):
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rule = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1]
    rules = shutil.copytree(ROOT / "classifier" / "rules", tmp_path / "rules")
    (rules / "write" / "rotates-credentials.yaml").write_text(rule)
    assert run(["rules", "check", "--rules", str(rules)]) == 0, capsys.readouterr().err


def test_the_lock_names_no_address_and_no_path():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|file:|--(extra-)?index|--find-links|^ *#.*[/\\]", lock, re.MULTILINE)
    requirements = re.findall(r"^[a-z0-9][a-z0-9.\[\]-]*==", lock, re.MULTILINE)
    assert len(requirements) > 50
    assert lock.count("==") - lock.count("=='") - lock.count("== '") >= len(requirements)

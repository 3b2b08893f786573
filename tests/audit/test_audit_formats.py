"""The forms of a report: valid by their own rules, whatever strangers named, and never with a secret or a path."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.audit.formats.annotations import to_annotations
from catalogue.audit.formats.document import to_json
from catalogue.audit.formats.markdown import plain, to_markdown
from catalogue.audit.formats.sarif import to_sarif
from catalogue.audit.places import Place
from catalogue.audit.report import Accepted
from catalogue.cli.audit_table import lines
from tests.audit.shelf import DROP, SEND, SHELF, Shelf, audited, npx, tool, write

# The OASIS schema as the MIT-licensed npm package @microsoft/jest-sarif 1.0.0-beta.0 has it, without its white space.
SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0-rtm.5.json").read_text())
FORMS = {
    "json": lambda report: json.dumps(to_json(report)),
    "sarif": lambda report: json.dumps(to_sarif(report)),
    "github": lambda report: "\n".join(to_annotations(report)),
    "markdown": lambda report: "\n".join(to_markdown(report)),
    "table": lambda report: "\n".join(lines(report)),
}
NASTY = "a|b`c`` @all #1 <img> ::error::x%0A\n::error file=/etc/passwd::y [x](https://evil.example) \x1b[2J\u202e"


def nasty_report(tmp_path):
    shelf = Shelf({("npm", "acme-db"): ("acme/`db`|", [tool(NASTY, "destructive", "critical"), SEND, DROP])})
    file = write(tmp_path, {NASTY: npx("acme-db"), "plain": 5})
    return audited(file, shelf=shelf, fail_on=frozenset({"write"}))


def valid_sarif(log) -> list[dict]:
    jsonschema.validators.validator_for(SCHEMA)(SCHEMA).validate(log)
    return log["runs"][0]["results"]


def test_sarif_is_valid_and_names_the_line(tmp_path):
    results = valid_sarif(to_sarif(nasty_report(tmp_path)))
    assert {result["ruleId"] for result in results} == {"tool", "unpinned", "unreadable"}
    (place,) = {json.dumps(result["locations"][0]["physicalLocation"]["artifactLocation"]) for result in results}
    assert json.loads(place) == {"uri": "mcp.json"}
    assert len({result["partialFingerprints"]["remark/v1"] for result in results}) == len(results)


def test_sarif_has_what_is_accepted_as_suppressed_and_files_of_the_home_below_it(tmp_path):
    write(tmp_path, {"db": npx("acme-mail")})
    report = audited(Place("cursor", tmp_path / "mcp.json", "~/a b/mcp.json"))
    remark = report.remarks[0]
    object.__setattr__(report, "accepted", (Accepted(remark, "We know.", date(2027, 1, 1)),))
    results = valid_sarif(to_sarif(report))
    assert results[-1]["suppressions"] == [{"kind": "external", "justification": "We know. (until 2027-01-01)"}]
    artifact = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "a%20b/mcp.json", "uriBaseId": "HOME"}


def test_annotations_are_one_line_each_and_end_where_we_end_them(tmp_path):
    for line in to_annotations(nasty_report(tmp_path)):
        assert "\n" not in line
        assert re.fullmatch(r"::(error|warning|notice) file=mcp\.json,line=\d+,title=[^:,]*%2C [a-z]+::.*", line), line


def test_an_annotation_of_a_file_of_the_machine_names_none(tmp_path):
    write(tmp_path, {"db": npx("acme-mail")})
    report = audited(Place("cursor", tmp_path / "mcp.json", "~/.cursor/mcp.json"))
    assert all(line.startswith("::warning title=") for line in to_annotations(report))


def test_in_markdown_a_strangers_words_are_code(tmp_path):
    text = "\n".join(to_markdown(nasty_report(tmp_path)))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    assert "❌ **high**" in text
    without_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    for word in ("@all", "#1", "<img>", "evil.example"):
        assert word in text
        assert word not in without_code


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("a", "`a`"), ("`", "`` ` ``"), ("a|b\nc", "`a\\|b c`")])
def test_plain_text_in_markdown(text, shown):
    assert plain(text) == shown


def test_a_terminal_gets_no_control_character(tmp_path):
    text = "\n".join(lines(nasty_report(tmp_path)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2J\\u202e" in text


SECRET = st.from_regex(r"[A-Za-z][A-Za-z0-9]{11,40}", fullmatch=True)


def planted(secret: str) -> dict:
    """Every place of an entry that may hold a secret or a path, with one in it."""
    return {
        "env": npx("acme-mail@1.0.0", env={"ACME_KEY": secret, "PLAIN": secret}, cwd=f"/home/{secret}/x"),
        "args": npx("acme-mail", args=["-y", "acme-mail", "--token", secret, f"--dir=/home/{secret}", secret]),
        "program": {"command": f"/home/{secret}/bin/{secret}", "args": [secret, f"-p{secret}"]},
        "module": {"command": "python", "args": ["-m", secret, f"/srv/{secret}"]},
        "header": {"url": "https://a.example/mcp", "headers": {"Authorization": f"Bearer {secret}", "X-Team": secret}},
        "url": {"url": f"https://user:{secret}@a.example/{secret}/mcp?team={secret}#{secret}"},
        "path": {"serverUrl": f"https://acme.example/{secret}"},
        "fragment": {"httpUrl": f"https://acme.example/mcp?{secret}"},
        "ws": {"type": "ws", "url": f"wss://a.example/{secret}"},
        "nested": {"command": "node", "oauth": {"clientSecret": secret}, "list": [secret], "type": secret},
        "docker": {"command": "docker", "args": ["run", "-e", f"K={secret}", "-v", f"/home/{secret}:/x", "acme/x"]},
        "kind": {"url": "https://a.example/mcp", "type": secret},
    }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=SECRET)
def test_no_secret_no_path_and_no_value_of_the_environment_in_any_form(tmp_path, secret):
    document = {
        "mcpServers": planted(secret),
        "projects": {f"/home/{secret}/{'x'}": {"mcpServers": {"a": npx("acme-db")}}},
    }
    folder = tmp_path / "private-folder"
    folder.mkdir(exist_ok=True)
    (folder / "mcp.json").write_text(json.dumps(document), encoding="utf-8")
    for shelf in (SHELF, None):
        report = audited(folder / "mcp.json", shelf=shelf, fail_on=frozenset({"low"}))
        assert len(report.servers) == 13
        for name, form in FORMS.items():
            text = form(report)
            assert secret not in text, (name, [line for line in text.splitlines() if secret in line])
            assert "private-folder" not in text, name


def test_where_a_secret_stands_is_told_without_it(tmp_path):
    report = audited(write(tmp_path, planted("hunter2hunter2")))
    told = {remark.server for remark in report.remarks if remark.kind == "secret"}
    assert told == {"env", "args", "header", "url", "nested", "docker"}

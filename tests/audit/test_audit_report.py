"""What an audit says of servers: who they are, what their tools do together, what changed, and what is accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogue.audit.baseline import read_baseline
from catalogue.audit.changes import read_earlier
from catalogue.audit.formats.document import to_json
from catalogue.audit.places import Place
from catalogue.errors import CatalogueError
from tests.audit.shelf import DROP, MAIL, SEND, SHELF, Shelf, audited, npx, says, tool, write

MAIL_AND_POST = {"mail": npx("acme-mail@1.0.0"), "post": npx("acme-post@1.0.0")}


@pytest.mark.parametrize(
    ("entry", "known", "server", "why"),
    [
        (npx("acme-mail@1.0.0"), "exact", "acme/mail", ""),
        ({"command": "uvx", "args": ["Acme_DB"]}, "exact", "acme/db", ""),
        ({"url": "https://ACME.example/mcp/"}, "exact", "acme/remote", ""),
        (npx("mcp-remote", args=["-y", "mcp-remote", "https://acme.example/mcp"]), "exact", "acme/remote", ""),
        ({"url": "https://acme.example/mcp?team=7"}, "likely", "acme/remote", "without the query"),
        ({"url": "https://acme.example/sse"}, "likely", "acme/remote", "same host"),
        ({"command": "/usr/local/bin/acme-mail"}, "likely", "acme/mail", "called as the package"),
        ({"command": "python3", "args": ["-m", "acme_db.server"]}, "likely", "acme/db", "runs a module"),
        ({"command": "uv", "args": ["run", "--directory", "/srv/x", "acme-db"]}, "likely", "acme/db", "called as"),
        (
            {"command": "node", "args": ["/a/node_modules/acme-mail/dist/index.js"]},
            "likely",
            "acme/mail",
            "a file of that",
        ),
        (npx("acme-mall@1.0.0"), "unknown", "", "does not have its target"),
        ({"url": "https://acme.example.evil.example/mcp"}, "unknown", "", "does not have its target"),
        ({"command": "node", "args": ["acme-mail"]}, "unknown", "", "a program of this machine"),
        ({}, "unknown", "", "nothing to start"),
        (7, "unknown", "", "its entry is int"),
    ],
)
def test_who_a_configured_server_is(tmp_path, entry, known, server, why):
    (found,) = audited(write(tmp_path, {"acme-mail": entry})).servers
    assert (found.identity.known, found.identity.server) == (known, server)
    assert why in found.identity.why
    assert bool(found.tools) is (known != "unknown")


def test_what_is_unknown_is_a_remark_only_where_a_catalogue_was_asked(tmp_path):
    file = write(tmp_path, {"a": npx("acme-nobody@1.0.0")})
    assert says(audited(file), "unknown") == ["a is unknown: the catalogue does not have its target"]
    assert says(audited(file, shelf=None), "unknown") == []


def test_tools_of_two_servers_of_one_client_close_a_flow(tmp_path):
    report = audited(write(tmp_path, MAIL_AND_POST))
    (flow,) = says(report, "flow")
    assert "mail: read_mail" in flow
    assert "post: send_mail can carry data out" in flow
    assert {remark.severity for remark in report.remarks if remark.kind == "flow"} == {"high"}


def test_what_is_switched_off_closes_none_and_its_secrets_are_still_told(tmp_path):
    off = {**MAIL_AND_POST, "post": npx("acme-post", disabled=True, env={"POST_TOKEN": "hunter2hunter2"})}
    report = audited(write(tmp_path, off))
    assert says(report, "flow") == []
    assert [remark.server for remark in report.remarks if remark.kind == "tool"] == ["mail"]
    assert says(report, "secret") == ["post has a secret in its configuration: environment variable POST_TOKEN"]
    assert says(report, "unpinned") == ["post starts what is newest: npm:acme-post has no version"]


def test_servers_of_two_folders_do_not_meet_and_those_of_the_machine_meet_all(tmp_path):
    def report(**projects):
        document = {"mcpServers": {"mail": npx("acme-mail@1.0.0")}, "projects": projects}
        file = tmp_path / ".claude.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        return audited(Place("claude-code", file, "~/.claude.json"))

    post = {"mcpServers": {"post": npx("acme-post@1.0.0")}}
    other = {"mcpServers": {"db": npx("acme-db@1.0.0")}}
    assert len(says(report(a=other, b=post), "flow")) == 1
    alone = Shelf(
        {
            ("npm", "acme-mail"): ("m", [tool("page", "read", "low", "untrusted-content")]),
            ("npm", "acme-post"): ("p", [SEND]),
            ("npm", "acme-db"): ("d", [tool("query", "read", "low", "private-data")]),
        }
    )
    file = tmp_path / "c.json"
    document = {"projects": {"a": {"mcpServers": {"db": npx("acme-db")}}, "b": {"mcpServers": MAIL_AND_POST}}}
    file.write_text(json.dumps(document), encoding="utf-8")
    assert says(audited(Place("claude-code", file, "~/c.json"), shelf=alone), "flow") == []


def test_a_hint_that_is_milder_than_the_words_is_told(tmp_path):
    report = audited(write(tmp_path, {"db": {"command": "uvx", "args": ["acme-db==1"]}}))
    assert says(report, "hint") == ["db: tidy_up claims less than its own words say: it is Destructive"]


@pytest.mark.parametrize(
    ("words", "failed"),
    [
        ({"critical"}, {"drop_table", "tidy_up"}),
        ({"medium"}, {"drop_table", "tidy_up", "send_mail", "read_mail", ""}),
        ({"write"}, {"send_mail"}),
        ({"private-data"}, {"read_mail"}),
        ({"flow"}, {""}),
        ({"hint", "write"}, {"tidy_up", "send_mail"}),
        ({"execute"}, set()),
        (set(), set()),
    ],
)
def test_what_an_audit_fails_on(tmp_path, words, failed):
    file = write(tmp_path, {**MAIL_AND_POST, "db": {"command": "uvx", "args": ["acme-db==1"]}})
    report = audited(file, fail_on=frozenset(words))
    assert {remark.tool for remark in report.failed} == failed


def saved(tmp_path: Path, report) -> Path:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(to_json(report)), encoding="utf-8")
    return file


def test_what_changed_since_an_earlier_report(tmp_path):
    before = {**MAIL_AND_POST, "gone": npx("acme-gone@1.0.0"), "db": npx("acme-mail@1.0.0")}
    earlier = read_earlier(saved(tmp_path, audited(write(tmp_path, before))))
    later = Shelf(
        {
            ("npm", "acme-mail"): ("acme/mail", [tool("read_mail", "read", "medium", "private-data", digest="1")]),
            ("npm", "acme-post"): (
                "acme/post",
                [tool("send_mail", "write", "high", "sends-outside", digest="9"), DROP],
            ),
        }
    )
    after = {**MAIL_AND_POST, "db": npx("acme-mail@2.0.0"), "new": npx("acme-mail@1.0.0")}
    report = audited(write(tmp_path, after), shelf=later, earlier=earlier, fail_on=frozenset({"change"}))
    assert set(says(report, "change")) == {
        "new is new since then",
        "mail: read_mail lost untrusted-content",
        "db: read_mail lost untrusted-content",
        "db starts or reaches something else: npm:acme-mail@2.0.0",
        "post: send_mail has another definition, of the same verdict",
        "post: drop_table is new: Destructive, severity critical",
    }
    assert report.notes == ("gone is configured no more",)
    assert {remark.kind for remark in report.failed} == {"change"}


def test_nothing_changed_since_the_same_report(tmp_path):
    report = audited(write(tmp_path, MAIL_AND_POST))
    again = audited(tmp_path / "mcp.json", earlier=read_earlier(saved(tmp_path, report)))
    assert (says(again, "change"), again.notes) == ([], ())


def test_a_tool_that_went_is_told_and_a_report_without_digests_is_no_change(tmp_path):
    earlier = read_earlier(saved(tmp_path, audited(write(tmp_path, MAIL_AND_POST))))
    mail = tool("read_mail", "read", "medium", "untrusted-content", "private-data")
    bare = Shelf({("npm", "acme-mail"): ("acme/mail", [mail]), ("npm", "acme-post"): ("acme/post", [])})
    assert says(audited(tmp_path / "mcp.json", shelf=bare, earlier=earlier), "change") == ["post: send_mail is gone"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 1}', '{"version": 1, "servers": [{}]}', '{"version": 99, "servers": []}']
)
def test_what_is_no_report_is_one_line(tmp_path, content):
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(CatalogueError, match=r"report\.json is (?:not )?a report"):
        read_earlier(tmp_path / "report.json")


BASELINE = """
[[accepted]]
server = "post"
remark = "write"
tool = "send_mail"
reason = "It only writes to the team."
expires = 2026-11-21

[[accepted]]
server = "mail"
remark = "unpinned"
reason = "We build it ourselves."
expires = 2026-11-20

[[accepted]]
server = "mail"
remark = "secret"
client = "cursor"
reason = "A key for tests."
expires = 2027-01-01
"""


def test_a_baseline_suppresses_until_it_expires_and_says_what_matches_nothing(tmp_path):
    (tmp_path / "baseline.toml").write_text(BASELINE)
    file = write(tmp_path, {**MAIL_AND_POST, "mail": npx("acme-mail")})
    report = audited(file, baseline=read_baseline(tmp_path / "baseline.toml"), fail_on=frozenset({"write", "unpinned"}))
    assert [(one.remark.tool, one.reason) for one in report.accepted] == [("send_mail", "It only writes to the team.")]
    assert [remark.kind for remark in report.failed] == ["unpinned"]
    assert says(report, "flow")
    assert report.notes == (
        "entry 2 of the baseline (mail: unpinned) expired on 2026-11-20 and suppresses nothing",
        "entry 3 of the baseline (mail: secret) matches nothing any more",
    )


def test_a_flow_is_accepted_for_a_client(tmp_path):
    entry = (
        '[[accepted]]\nremark = "flow"\nclient = "{}"\nreason = "No mail leaves the company."\nexpires = 2027-01-01\n'
    )
    (tmp_path / ".cursor").mkdir()
    file = write(tmp_path / ".cursor", MAIL_AND_POST)
    for client, accepted in (("cursor", 1), ("kiro", 0)):
        (tmp_path / "baseline.toml").write_text(entry.format(client))
        report = audited(file, baseline=read_baseline(tmp_path / "baseline.toml"))
        assert (len(report.accepted), len(says(report, "flow"))) == (accepted, 1 - accepted)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("reason = ", "reasons = "), "entry 1 has no reason, expected a text"),
        (('"It only writes to the team."', '" "'), "entry 1 has no reason"),
        (("expires = 2026-11-20", 'expires = "2026-11-20"'), "entry 2 has no expires, expected a date such as"),
        (('remark = "unpinned"', 'remark = "unpined"'), "entry 2: 'unpined' is no remark"),
        (("client = ", "klient = "), "entry 3 has klient, expected"),
        (("[[accepted]]", "[[acepted]]"), "something beside [[accepted]]"),
        (("= 2027-01-01", "= "), "is not TOML"),
        (("tool = ", "tool = 5 #"), "entry 1 has no tool"),
    ],
)
def test_what_is_wrong_in_a_baseline_is_named(tmp_path, change, says):
    (tmp_path / "baseline.toml").write_text(BASELINE.replace(*change))
    with pytest.raises(CatalogueError) as raised:
        read_baseline(tmp_path / "baseline.toml")
    assert says in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_the_report_of_one_configuration_is_the_same_each_time(tmp_path):
    file = write(tmp_path, MAIL_AND_POST)
    assert json.dumps(to_json(audited(file))) == json.dumps(to_json(audited(file)))


def test_the_document_counts_what_its_tools_are(tmp_path):
    (server,) = to_json(audited(write(tmp_path, {"mail": npx("acme-mail@1.0.0")})))["servers"]
    assert server["categories"] == {"read": 1}
    assert server["tools"] == [
        {
            "name": "read_mail",
            "occurrence": 0,
            "category": "read",
            "severity": "medium",
            "signals": list(MAIL.signals),
            "digest": "1",
        }
    ]
    assert SHELF.tools("acme/mail") == (MAIL,)

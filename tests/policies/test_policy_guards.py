from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalogue.errors import CatalogueError
from catalogue.policies.complement import unless_prefix, unless_suffix
from catalogue.policies.document import Policy, to_json
from catalogue.policies.evaluate import Decision, Evaluator, Outcome
from catalogue.policies.patterns import found
from catalogue.policies.placeholders import NOTHING, Blank, Filling, read_filling, unfilled
from catalogue.policies.recommend import Posture, tool_policy
from catalogue.policies.validation import validate
from classifier.ruleset import RuleSet, load
from classifier.verdict import Category

FILLED = read_filling(
    ["root=/srv/data", "host=api.example.com", "domain=example.com", "cap=50", "daily=120", "currency=EUR"]
)
ALLOWED, HELD, DENIED, LIMITED = Outcome.ALLOWED, Outcome.HELD, Outcome.DENIED, Outcome.LIMITED


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return load()


def tool(name: str, description: str, required: str = "", **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required.split()}
    return {"name": name, "description": description, "inputSchema": schema}


TEXT = {"type": "string"}
REFUND = tool(
    "refund_payment",
    "Refund a payment to the customer.",
    "payment_id amount",
    payment_id=TEXT,
    amount={"type": "number", "description": "Amount of money to refund."},
    currency=TEXT,
    reason={"type": "string", "description": "Why."},
)
WRITE_FILE = tool(
    "write_file",
    "Write text to a file.",
    "path",
    path={"type": "string", "description": "Path of the file."},
    content=TEXT,
)
WEBHOOK = tool(
    "create_webhook",
    "Create a webhook that posts events to a URL.",
    "url",
    url={"type": "string", "format": "uri", "description": "URL that events are sent to."},
)
SEND = tool("send_email", "Send an email.", "to", to={"type": "array", "items": TEXT}, cc=TEXT, body=TEXT)
QUERY = tool(
    "execute_sql", "Execute any SQL statement.", "sql", sql={"type": "string", "description": "The SQL to execute."}
)
SHELL = tool(
    "run_command", "Run a shell command.", "command", command={"type": "string", "description": "Shell command."}
)
ARCHIVE = tool(
    "archive_messages",
    "Archive messages.",
    "message_ids",
    message_ids={"type": "array", "items": TEXT, "description": "Ids of the messages."},
)
PUSH = tool(
    "push_branch",
    "Push a branch to the remote repository.",
    branch=TEXT,
    force={"type": "boolean", "description": "Force the push, overwriting what is there."},
)


def policy_for(
    ruleset: RuleSet, definition: dict[str, Any], filling: Filling = FILLED, posture: Posture = "recommended"
) -> Policy:
    policy = tool_policy(definition["name"], definition, ruleset.judge(definition), posture=posture, filling=filling)
    assert not validate(json.dumps(to_json(policy)).encode(), {definition["name"]: definition})
    return policy


def decided(policy: Policy, definition: dict[str, Any], **arguments: Any) -> Decision:
    return Evaluator(policy, lambda: 0.0).decide(definition["name"], arguments)


@pytest.mark.parametrize(
    ("definition", "arguments", "outcome"),
    [
        (WRITE_FILE, {"path": "/srv/data/a.txt"}, ALLOWED),
        (WRITE_FILE, {"path": "/srv/data"}, ALLOWED),
        (WRITE_FILE, {"path": "/srv/database/a.txt"}, DENIED),
        (WRITE_FILE, {"path": "/srv/data/../x"}, DENIED),
        (WRITE_FILE, {"path": "notes.txt"}, DENIED),
        (WRITE_FILE, {"path": ["/srv/data/a"]}, DENIED),
        (WEBHOOK, {"url": "https://api.example.com/hook"}, ALLOWED),
        (WEBHOOK, {"url": "HTTP://API.example.com:8080"}, ALLOWED),
        (WEBHOOK, {"url": "https://api.example.com.evil.net/"}, DENIED),
        (WEBHOOK, {"url": "https://api.example.com@evil.net/"}, DENIED),
        (WEBHOOK, {"url": "https://evil.net/api.example.com"}, DENIED),
        (SEND, {"to": ["a@example.com"]}, ALLOWED),
        (SEND, {"to": ["a@EXAMPLE.com", "b@example.com"], "cc": "c@example.com"}, ALLOWED),
        (SEND, {"to": ["a@example.com", "b@evil.net"]}, DENIED),
        (SEND, {"to": ["b@evil.net,a@example.com"]}, DENIED),
        (SEND, {"to": ["a@example.com"], "cc": "x@notexample.com"}, DENIED),
        (SEND, {"to": ["evil.net@@example.com"]}, DENIED),
        (SHELL, {"command": "ls"}, HELD),
        (ARCHIVE, {"message_ids": ["1"] * 20}, ALLOWED),
        (ARCHIVE, {"message_ids": ["1"] * 21}, DENIED),
        (PUSH, {"branch": "main"}, ALLOWED),
        (PUSH, {"branch": "main", "force": False}, ALLOWED),
        (PUSH, {"branch": "main", "force": True}, DENIED),
        (PUSH, {"branch": "main", "force": "yes"}, DENIED),
        (REFUND, {"amount": 50, "currency": "eur", "reason": "broken"}, HELD),
        (REFUND, {"amount": 50, "currency": "EUR"}, DENIED),
        (REFUND, {"amount": 50.01, "reason": "broken"}, DENIED),
        (REFUND, {"amount": "51", "reason": "broken"}, DENIED),
        (REFUND, {"amount": 0, "reason": "broken"}, DENIED),
        (REFUND, {"amount": -5, "reason": "broken"}, DENIED),
        (REFUND, {"reason": "broken"}, DENIED),
        (REFUND, {"amount": 5, "currency": "USD", "reason": "broken"}, DENIED),
    ],
)
def test_a_filled_in_policy_keeps_arguments_in_bounds(
    definition: dict[str, Any], arguments: dict[str, Any], outcome: Outcome, ruleset: RuleSet
) -> None:
    assert decided(policy_for(ruleset, definition), definition, **arguments).outcome is outcome


def test_amounts_of_a_day_are_added_up_even_if_each_is_approved(ruleset: RuleSet) -> None:
    evaluator = Evaluator(policy_for(ruleset, REFUND), lambda: 0.0)
    call = {"amount": 50, "reason": "broken"}
    outcomes = [evaluator.decide("refund_payment", call, approved=True).outcome for _ in range(3)]
    assert outcomes == [ALLOWED, ALLOWED, LIMITED]


@pytest.mark.parametrize(
    ("definition", "arguments", "blanks"),
    [
        (WRITE_FILE, {"path": "/srv/data/a.txt"}, {Blank.ROOT}),
        (WEBHOOK, {"url": "https://api.example.com/hook"}, {Blank.HOST}),
        (SEND, {"to": ["a@example.com"]}, {Blank.DOMAIN}),
        (REFUND, {"amount": 5, "reason": "broken"}, {Blank.CAP, Blank.DAILY, Blank.CURRENCY}),
    ],
)
def test_what_is_not_filled_in_denies_and_is_listed(
    definition: dict[str, Any], arguments: dict[str, Any], blanks: set[Blank], ruleset: RuleSet
) -> None:
    policy = policy_for(ruleset, definition, NOTHING)
    assert {one.blank for one in unfilled(policy)} == blanks
    decision = decided(policy, definition, **arguments)
    assert decision.outcome is DENIED
    assert decision.message.startswith("Nobody has filled in")
    assert decision.rule in {one.pointer for one in unfilled(policy)}
    assert not unfilled(policy_for(ruleset, definition, FILLED))
    assert not unfilled(policy_for(ruleset, definition, NOTHING, "permissive"))


READING = [
    "SELECT * FROM t",
    "  select 1;",
    "(SELECT a FROM b) ",
    "with x as (select 1) select * from x",
    "EXPLAIN SELECT updated_at, url FROM pages WHERE deleted = false",
    "show tables",
    "describe t",
    "DESC t",
]
CHANGING = [
    "",
    "drop table t",
    "selectx",
    "descr t",
    "select 1; drop table t",
    "SELECT 1;;DELETE FROM t",
    "with x as (delete from t returning *) select * from x",
    "explain analyze update t set a = 1",
    "select * into u from t",
    "select pg_sleep (100)",
    "select * from s3('https://x/')",
    "select load_file('/etc/passwd')",
    "select 1 /*!50000 union select 2 */",
    "-- x\ndrop table t",
    "SELECT 1 DROP TABLE t",
    "\u00a0drop table t",
]


@pytest.mark.parametrize("statement", READING + CHANGING)
def test_statements_that_read_pass_and_others_wait_for_a_person(statement: str, ruleset: RuleSet) -> None:
    outcome = decided(policy_for(ruleset, QUERY), QUERY, sql=statement).outcome
    assert outcome is (ALLOWED if statement in READING else HELD)


texts = st.text("ab./@", max_size=5)


@given(st.lists(texts.filter(bool), min_size=1, max_size=4), texts)
@example(["a", "a/b"], "a/")
def test_the_complement_of_prefixes_is_exact(prefixes: list[str], text: str) -> None:
    begins = any(text == one or text.startswith(f"{one}/") for one in prefixes)
    pattern = unless_prefix(prefixes, "/")
    assert found(pattern, text) == (not begins)
    assert bool(re.search(pattern, text)) == (not begins)


@given(st.lists(texts.filter(bool), min_size=1, max_size=4), texts)
def test_the_complement_of_suffixes_is_exact(suffixes: list[str], text: str) -> None:
    pattern = unless_suffix(suffixes)
    assert found(pattern, text) == (not text.endswith(tuple(suffixes)))
    assert bool(re.search(pattern, text)) == (not text.endswith(tuple(suffixes)))


def test_a_single_dot_as_root_means_any_relative_path(ruleset: RuleSet) -> None:
    policy = policy_for(ruleset, WRITE_FILE, read_filling(["root=.", "root=/srv/data/"]))
    for path, outcome in (
        ("a/b.txt", ALLOWED),
        ("/srv/data/x", ALLOWED),
        ("/etc/x", DENIED),
        ("C:x", DENIED),
        ("~/x", DENIED),
    ):
        assert decided(policy, WRITE_FILE, path=path).outcome is outcome, path


@pytest.mark.parametrize(
    "given_text",
    [
        *("", "root", "roof=/srv", "root=", "root=/", "root=/srv/../etc", "root=/" + "a" * 200),
        *("host=localhost", "host=https://a.example.com", "domain=*", "domain=@example.com"),
        *("cap=-1", "cap=1e9", "cap=NaN", "currency=€"),
    ],
)
def test_what_fills_nothing_in_is_an_error(given_text: str) -> None:
    with pytest.raises(CatalogueError):
        read_filling([given_text])


def test_a_sum_is_filled_in_once() -> None:
    with pytest.raises(CatalogueError, match="cap is given twice"):
        read_filling(["cap=1", "cap=2"])
    assert read_filling(["root=/a", "root=/b", "cap=1.5"]) == Filling(root=("/a", "/b"), cap=(1.5,))


def test_a_tool_that_reads_needs_nobody_to_fill_anything_in(ruleset: RuleSet) -> None:
    read = tool("read_file", "Read a file.", "path", path={"type": "string", "description": "Path of the file."})
    assert ruleset.judge(read).category is Category.READ
    policy = policy_for(ruleset, read, NOTHING)
    assert not unfilled(policy)
    assert decided(policy, read, path="docs/a.md").outcome is ALLOWED
    assert decided(policy, read, path="../../etc/passwd").outcome is DENIED

from __future__ import annotations

import json

import pytest

from tests.cli.program import write_lines

SERVER = "acme/pay"
REFUND = {
    "server": SERVER,
    "name": "refund_payment",
    "description": "Refund a payment to the customer.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "payment_id": {"type": "string"},
            "amount": {"type": "number", "description": "Amount of money to refund."},
        },
        "required": ["payment_id", "amount"],
    },
}
LOOK = {"server": SERVER, "name": "get_payment", "description": "Return one payment."}
GOOD = {"version": "1+ask_if", "default": "deny", "tools": {"pay": {"ask_if": [{"conditions": [], "on_ask": "Pay?"}]}}}


@pytest.fixture(scope="module")
def paying(tmp_path_factory) -> str:
    """The URL of a database with a server that moves money, and with one that is called like a command."""
    from catalogue import cli

    folder = tmp_path_factory.mktemp("paying")
    url = f"sqlite:///{folder}/catalogue.db"
    file = write_lines(folder / "tools.jsonl", [REFUND, LOOK, LOOK | {"server": "check"}])
    assert cli.run(["import", str(file), "--database", url]) == 0
    return url


def written(tmp_path, name: str, document: object) -> str:
    (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    return name


def test_what_is_to_be_filled_in_is_said_and_can_be_filled_in(catalogue, paying, tmp_path):
    at = ("--database", paying)
    ended = catalogue("policy", SERVER, *at)
    assert ended.code == 0
    lines = [line for line in ended.err.splitlines() if line.startswith("to fill in: ")]
    assert [line.split()[3] for line in lines] == ["cap,", "daily,"]
    (tmp_path / "empty.json").write_text(ended.out)
    call = ("--call", "refund_payment", "--arguments", '{"payment_id": "1", "amount": 5}', "--format", "json")
    assert json.loads(catalogue("policy", "try", "empty.json", *call).out)["decision"] == "denied"

    ended = catalogue("policy", SERVER, "--set", "cap=50", "--set", "daily=100", *at)
    assert (ended.code, ended.err) == (0, "")
    (tmp_path / "filled.json").write_text(ended.out)
    assert json.loads(catalogue("policy", "try", "filled.json", *call).out)["decision"] == "held"
    assert json.loads(catalogue("policy", "try", "filled.json", *call, "--approved").out)["decision"] == "allowed"
    assert catalogue("policy", "check", "filled.json", "--server", SERVER, *at).out == "no fault\n"
    assert catalogue("policy", SERVER, "--set", "cup=50", *at).failed_with("'cup=50'", "did you mean cap=50?")


def test_plain_documents_are_of_version_1(catalogue, paying):
    arguments = ("policy", "recommend", SERVER, "refund_payment", "--database", paying)
    assert json.loads(catalogue(*arguments).out)["version"] == "1+ask_if"
    plain = catalogue(*arguments, "--plain").out
    assert json.loads(plain)["version"] == "1"
    assert "ask_if" not in plain


def test_a_server_that_is_called_like_a_command_has_the_long_form(catalogue, paying):
    assert "get_payment" in catalogue("policy", "recommend", "check", "--database", paying).out
    assert catalogue("policy", "check", "--database", paying).failed_with("FILE", code=2)


def test_check_lists_every_fault(catalogue, paying, tmp_path):
    bad = {"version": "1", "default": "deny", "tools": {"get_paymnt": {"limit": []}, "refund_payment": {"ask_if": []}}}
    file = written(tmp_path, "bad.json", bad)
    ended = catalogue("policy", "check", file, "--server", SERVER, "--database", paying, "--format", "json")
    assert ended.code == 1
    assert [fault["pointer"] for fault in json.loads(ended.out)] == [
        "/tools/get_paymnt/limit",
        "/tools/refund_payment/ask_if",
        "/tools/get_paymnt",
        "/tools",
    ]
    table = catalogue("policy", "check", file)
    assert table.code == 1
    assert "did you mean limits?" in table.out
    assert table.err == ""
    assert catalogue("policy", "try", file, "--call", "x").failed_with("bad.json", "2 faults", "catalogue policy check")


def test_what_stands_in_a_policy_cannot_trick_a_terminal(catalogue, tmp_path):
    hostile = {"version": "1", "default": "deny", "tools": {"a\x1b[2J\u202e": {"\x1b]0;x\x07": 1}}}
    out = catalogue("policy", "check", written(tmp_path, "bad.json", hostile)).out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "unknown field" in out


def test_try_says_decision_rule_and_message(catalogue, tmp_path):
    file = written(tmp_path, "good.json", GOOD)
    ended = catalogue("policy", "try", file, "--call", "pay", "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.out) == {"decision": "held", "rule": "/tools/pay/ask_if/0", "message": "Pay?"}
    assert "/tools/pay/ask_if/0" in catalogue("policy", "try", file, "--call", "pay").out


@pytest.mark.parametrize("arguments", ["", "[]", '{"a": 1', '{"a": 1, "a": 2}', "[" * 100_000])
def test_arguments_that_are_no_object_are_one_line(arguments, catalogue, tmp_path):
    file = written(tmp_path, "good.json", GOOD)
    assert catalogue("policy", "try", file, "--call", "pay", "--arguments", arguments).failed_with("the arguments")


def test_diff_says_what_changed_and_ends_with_3_when_nothing_did(catalogue, tmp_path):
    old, new = written(tmp_path, "old.json", GOOD), written(tmp_path, "new.json", GOOD | {"hide": ["pay"]})
    ended = catalogue("policy", "diff", old, new, "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.out) == [
        {
            "direction": "stricter",
            "tool": "pay",
            "argument": "",
            "sentence": "The tool was held until a person approves and is now hidden.",
        }
    ]
    assert "is now hidden" in catalogue("policy", "diff", old, new).out
    same = catalogue("policy", "diff", old, old)
    assert (same.code, same.out, same.err) == (3, "", "both do the same\n")


def test_a_file_that_cannot_be_read_is_one_line(catalogue, tmp_path):
    for arguments in (("check", "gone.json"), ("try", "gone.json", "--call", "x"), ("diff", "gone.json", "gone.json")):
        assert catalogue("policy", *arguments).failed_with("gone.json")
    assert catalogue("policy", "check", tmp_path).failed_with("cannot read")

from __future__ import annotations

import logging

import pytest

from catalogue import cli
from catalogue.errors import CatalogueError
from classifier.tool import NotAToolError
from crawler.records import SourceError


def raising(error):
    def dispatch(_arguments):
        raise error

    return dispatch


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (CatalogueError("the thing is bad", "mend it"), "error: the thing is bad\ntip: mend it\n"),
        (CatalogueError("no tip"), "error: no tip\n"),
        (SourceError("source x is down"), "error: source x is down\n"),
        (NotAToolError("one\ntwo"), "error: one\nerror: two\n"),
        (CatalogueError("says \x1b[2J\u202e", "tip \x07"), "error: says \\x1b[2J\\u202e\ntip: tip \\x07\n"),
    ],
)
def test_our_own_errors_are_a_line_and_a_tip(monkeypatch, capsys, error, printed):
    monkeypatch.setattr(cli, "_dispatch", raising(error))
    assert cli.run([]) == 1
    assert capsys.readouterr() == ("", printed)


def test_a_bug_keeps_its_traceback_and_tricks_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_dispatch", raising(RuntimeError("broken \x1b[2J")))
    assert cli.run([]) == 1
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert "RuntimeError: broken \\x1b[2J" in printed
    assert "\x1b" not in printed


def test_an_interrupt_is_quiet(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_dispatch", raising(KeyboardInterrupt()))
    assert cli.run([]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "frobnicate"),
        (["crawl", "--sauce", "x"], "--sauce"),
        (["publish"], "--out"),
        (["crawl", "--only", "everything"], "everything"),
        (["crawl", "--limit", "many"], "--limit"),
        (["rules", "new", "some-id"], "--asserts or --signals"),
        (["explain", "only-a-server"], "SERVER TOOL"),
    ],
)
def test_usage_errors_are_a_line_and_a_tip_with_code_2(capsys, arguments, says):
    assert cli.run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    error, tip = err.splitlines()
    assert error.startswith("error: ")
    assert says in error
    assert tip.startswith("tip: `catalogue")


def test_logs_and_warnings_reach_stderr_in_visible_characters(capsys):
    cli.run(["--version"])
    logging.getLogger("a.library").warning("a stranger said %s", "\x1b[31m")
    assert capsys.readouterr().err == "warning: a.library: a stranger said \\x1b[31m\n"

from __future__ import annotations

import json
import socket

import pytest

from tests.cli.program import TOOLS, run_program, write_lines


@pytest.mark.parametrize("command", [["crawl", "--enqueue"], ["worker"]])
def test_there_is_no_queue_on_sqlite(catalogue, command):
    assert catalogue(*command).failed_with("the queue needs PostgreSQL", "without --enqueue")


@pytest.mark.parametrize("options", [["--only", "discover"], ["--opt-out", "list.txt"], ["--sandbox", "gvisor"]])
def test_what_says_nothing_to_who_only_enqueues_is_refused(catalogue, options):
    ended = catalogue("crawl", "--enqueue", *options)
    assert ended.failed_with("--enqueue", code=2) if "--only" in options else ended.failed_with("worker", code=2)


def test_the_queue_is_shown_and_worked_off(tmp_path, postgresql):
    database = ["--database", postgresql()]
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # and nobody listens
        address = "http://{}:{}".format(*reserved.getsockname())
    servers = {"a": {"url": f"{address}/a"}, "b": {"url": f"{address}/b"}}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": servers}))
    run_program("import", write_lines(tmp_path / "tools.jsonl", TOOLS), *database)
    source = ["--source", f"file={tmp_path}/servers.json", "--allow-private"]
    enqueued = run_program("crawl", *source, "--enqueue", "--format", "json", *database)
    assert (enqueued.code, json.loads(enqueued.out)["enqueued"]) == (0, {"remote": 2, "classify": 1})
    assert queue(database) == {"classify": {"todo": 1}, "remote": {"todo": 2}}
    assert run_program("crawl", "--only", "introspect", *database).failed_with("workers may be asking", "--until-empty")
    worked = run_program("worker", "--allow-private", "--until-empty", "--format", "json", *database)
    assert json.loads(worked.out) == {"outcomes": {"unreachable": 2}, "tools": 0, "judged": len(TOOLS)}
    assert queue(database) == {"classify": {"succeeded": 1}, "remote": {"succeeded": 2}}
    assert "jobs by queue" in run_program("status", *database).out
    assert run_program("worker", "--until-empty", *database).code == 3


def queue(database):
    return json.loads(run_program("status", "--format", "json", *database).out)["queue"]

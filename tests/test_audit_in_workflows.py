"""The GitHub Action and the pre-commit hook: their own scripts, run as their hosts run them, on our repositories."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
import yaml

from catalogue.audit.places import clients

ROOT = Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
SECRET = {"mcpServers": {"a": {"command": "npx", "args": ["-y", "acme@1.0.0"], "env": {"A_TOKEN": "hunter2hunter2"}}}}


@pytest.fixture
def repository(tmp_path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / ".mcp.json").write_text(json.dumps(SECRET))
    return folder


def environment(tmp_path: Path, **inputs: str) -> dict[str, str]:
    """What GitHub gives the step: its inputs as the action maps them, with their defaults."""
    given = {name: inputs.get(name.replace("-", "_"), one.get("default", "")) for name, one in ACTION["inputs"].items()}
    step = ACTION["runs"]["steps"][1]["env"]
    mapped = {name: given[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)[1]] for name, value in step.items()}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **mapped, "PATH": path, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}


def act(repository: Path, tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    script = ACTION["runs"]["steps"][1]["run"]
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]  # as GitHub calls it
    return subprocess.run(
        command, cwd=repository, env=environment(tmp_path, **inputs), capture_output=True, text=True, check=False
    )


def test_the_action_annotates_summarises_and_fails(repository, tmp_path):
    ended = act(repository, tmp_path, sarif="out.sarif")
    assert ended.returncode == 5, ended.stderr
    assert "::error file=.mcp.json,line=1,title=MCP secret" in ended.stdout
    assert "environment variable A_TOKEN" in (tmp_path / "summary.md").read_text()
    assert json.loads((repository / "out.sarif").read_text())["runs"][0]["results"]


def test_the_action_takes_no_input_for_a_command_and_passes_where_nothing_is_configured(repository, tmp_path):
    ended = act(repository, tmp_path, path="$(touch owned); touch owned")
    assert ended.returncode == 1
    assert not (repository / "owned").exists()
    (repository / ".mcp.json").unlink()
    assert act(repository, tmp_path, fail_on="").returncode == 0


def test_the_hook_runs_a_command_that_is_there(repository):
    program, *arguments = [*HOOK["entry"].split(), *HOOK["args"]]
    command = [Path(sys.executable).with_name(program), *arguments]
    assert subprocess.run(command, cwd=repository, capture_output=True, check=False).returncode == 5
    (repository / ".mcp.json").write_text("{}")
    assert subprocess.run(command, cwd=repository, capture_output=True, check=False).returncode == 0


def test_the_hook_runs_for_every_file_that_the_audit_reads_in_a_repository():
    for client, row in clients().items():
        for pattern in row.get("repository", ()):
            for place in (pattern, str(PurePosixPath("apps/web") / pattern)):
                assert re.search(HOOK["files"], place.replace("*", "name")), (client, place)
    assert not re.search(HOOK["files"], "src/settings.json")

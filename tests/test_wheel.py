"""The wheel works by itself: installed into an empty environment it has its rules, templates and migrations with it."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"catalogue", "classifier", "crawler", "migrations", "site_templates"}


def run(*command: object, cwd: Path) -> str:
    ended = subprocess.run(
        [str(part) for part in command], cwd=cwd, check=False, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The `bin` of an environment with the wheel; its dependencies are borrowed from ours, so no network is needed."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--python", python, wheel, cwd=folder)
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    # A path in a .pth file is searched, and its own .pth files are not: our editable installation stays outside.
    Path(packages, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_holds_our_packages_and_what_they_read(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    for kind in ("classifier/rules/read/", "classifier/rules/_words.yaml", "migrations/versions/", "site_templates/"):
        assert any(name.startswith(kind) for name in names), kind
    assert {"catalogue/policies/policy.schema.json", "catalogue/policies/cases.json"} <= set(names)
    assert "catalogue/audit/clients.toml" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_installed_command_checks_its_rules_and_publishes(installed, tmp_path):
    catalogue = installed / "catalogue"
    where = run(installed / "python", "-c", "import catalogue; print(catalogue.__file__)", cwd=tmp_path)
    assert where.startswith(str(installed.parent))
    assert "Usage: catalogue" in run(catalogue, "--help", cwd=tmp_path)
    assert "no problem" in run(catalogue, "rules", "check", cwd=tmp_path)
    tool = {"server": "example/server", "name": "delete_note", "description": "Delete a note for good."}
    (tmp_path / "tools.jsonl").write_text(json.dumps(tool) + "\n")
    run(catalogue, "import", "tools.jsonl", cwd=tmp_path)
    run(catalogue, "classify", cwd=tmp_path)
    run(catalogue, "publish", "--out", "site", cwd=tmp_path)
    assert "delete_note" in (tmp_path / "site" / "llms.txt").read_text() + "".join(
        page.read_text() for page in (tmp_path / "site").rglob("*.html")
    )

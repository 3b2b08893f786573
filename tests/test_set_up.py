"""The set-up: what it takes from the lock, and what it passes on from pip's configuration to uv."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def set_up(monkeypatch, tmp_path):
    """The script as a module, on a machine without any configuration of pip or uv."""
    spec = importlib.util.spec_from_file_location("set_up", ROOT / "scripts" / "set_up.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    for name in (
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_CERT",
        "SSL_CERT_FILE",
        *module.UV_CONFIGURED,
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return module


def added(module) -> dict[str, str]:
    names = {name for name, _ in module.UV_OF_PIP.values()}
    return {name: value for name, value in module.uv_environment(*module.UV_OF_PIP).items() if name in names}


def test_uv_is_taken_from_the_lock_with_all_its_hashes(set_up):
    block = set_up.locked("uv")
    lines = block.splitlines()
    assert lines[0].startswith("uv==")
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
    assert len(lines) > 2
    with pytest.raises(SystemExit, match="no-such-package"):
        set_up.locked("no-such-package")


def test_nothing_is_passed_on_when_nothing_is_configured(set_up):
    assert added(set_up) == {}


def test_what_only_pip_was_told_is_passed_on_to_uv(set_up, monkeypatch, tmp_path):
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://mirror.example/simple\nextra-index-url =\n  https://a.example/\n  https://b.example/\n"
        "cert = /etc/mirror.pem\n[install]\nfind-links = /wheels\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/more")  # the environment wins over files, as it does for pip
    assert added(set_up) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/ https://b.example/",
        "UV_FIND_LINKS": "/more",
        "SSL_CERT_FILE": "/etc/mirror.pem",
    }


@pytest.mark.parametrize("how", ["environment", "file"])
def test_uvs_own_configuration_is_left_alone(set_up, monkeypatch, tmp_path, how):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    if how == "environment":
        monkeypatch.setenv("UV_INDEX_URL", "https://other.example/simple")
    else:
        (tmp_path / "uv").mkdir()
        (tmp_path / "uv" / "uv.toml").write_text("")
    assert added(set_up) == {}

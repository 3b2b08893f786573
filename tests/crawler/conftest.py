"""What tests of packages share: a world without other registries, and an npm registry on loopback."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.introspector import packages, registries, runtimes, workplace
from tests.crawler.peers.packages import NpmRegistry


@pytest.fixture
def readable_path() -> Iterator[Path]:
    """A folder that any user can read. It is none of pytest's: each run of that closes all of them to other users."""
    with tempfile.TemporaryDirectory(prefix="mcp-world-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def world(readable_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for packages that any user can read, no other registry, and fresh caches."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "npm_config"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(readable_path))
    monkeypatch.setattr(packages, "_cache_home", lambda: readable_path / "cache")
    for cached in (registries.npm_access, registries.pypi_access):
        cached.cache_clear()
    yield readable_path
    for cached in (registries.npm_access, registries.pypi_access):
        cached.cache_clear()
    assert not list(Path(workplace.tempfile.gettempdir()).glob(f"{workplace._PREFIX}*"))


@pytest.fixture(autouse=True)
def _own_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the folders of this process's packages beside those of other tests."""
    monkeypatch.setattr(workplace, "_PREFIX", f"mcp-box-test-{os.getpid()}-")


@pytest.fixture
def npm(world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NpmRegistry]:
    if runtimes.npm() is None:
        pytest.skip("npm is not usable here")
    registry = NpmRegistry()
    configuration = world / "npmrc"
    host = registry.url.removeprefix("http:")
    configuration.write_text(f"registry={registry.url}\n{host}:_authToken=${{REGISTRY_TOKEN}}\nignore-scripts=false\n")
    monkeypatch.setenv("REGISTRY_TOKEN", "from-the-environment")
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(configuration))
    yield registry
    registry.server.shutdown()
    registry.server.server_close()

"""npm and PyPI: how each installs a package without running any of it, and which command npx and uvx would start.

Knows no protocol. What an install left behind was written by strangers: it is read here without following links.
"""

from __future__ import annotations

import asyncio
import configparser
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import starmap
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from crawler.introspector import egress, install_log, registries, runtimes, simple_index
from crawler.introspector.budget import Stopped
from crawler.introspector.file_hosts import read_page
from crawler.introspector.registries import Access
from crawler.introspector.runtimes import Runtime
from crawler.records import Reason, Target, TargetKind

APP = "/app"
"""Where a package is installed, as the box sees it."""

CACHE = "/cache"
"""The installer's cache, as the box of an install step sees it."""

_UV = "/uv"
_OLDER_NPM_SDK = b'{"private": true, "overrides": {"@modelcontextprotocol/sdk": "1"}}'
_OLDER_PYPI_SDK = "mcp<2"
_LARGEST_FILE = 4 * 1024 * 1024
_NPM_NAME = re.compile(r"(?:@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*", re.IGNORECASE | re.ASCII)
_PYPI_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_EXTRA = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_VERSION = re.compile(r"[a-z0-9][a-z0-9.+!_-]{0,99}", re.IGNORECASE | re.ASCII)
_NPM_OPTIONS = (
    *("--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress"),
    *("--git=/bin/false", f"--prefix={APP}", f"--cache={CACHE}", "--loglevel=warn"),
)
_UV_OPTIONS = ("--only-binary", ":all:", "--link-mode", "copy")
_UV_SCRIPT = """
uv=$1 python=$2 venv=$3
shift 3
"$uv" venv --quiet --python "$python" "$venv" && exec "$uv" pip install --quiet --python "$venv/bin/python" "$@"
"""


@dataclass(frozen=True, slots=True)
class Step:
    """An install step: its command, the runtime it needs in the box, access to registries, and what it finds there.

    `pages` are the addresses at which registries say where the package's files are.
    """

    command: tuple[str, ...]
    runtime: Runtime
    access: Access
    environment: Mapping[str, str]
    programs: Mapping[str, Path] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Installed:
    """A package in its folder: the command that starts it in the box, and the versions that were resolved.

    `all` is as `Attempt.installed`; `misfit` says which runtime the package asks for, when it was installed for another
    one.
    """

    command: str
    runtime: Runtime
    version: str | None
    sdk: str | None
    all: tuple[str, ...]
    misfit: str = ""


class Ecosystem(Protocol):
    """A kind of package registry with its installer."""

    def step(self, target: Target, *, older_sdk: bool) -> Step:
        """Return the install step. Raises `Stopped` for a missing runtime or a name that is none."""

    def installed(self, app: Path, target: Target, said: str) -> Installed:
        """Look at what was installed; `said` is the installer's standard error.

        Raises `Stopped` when the package has no command to start.
        """

    async def failure(self, said: str, target: Target) -> Stopped:
        """Return what the installer's standard error says of its failure."""


class Npm:
    """npm packages. Dependencies from git are refused: fetching one runs git, and may run its scripts."""

    def step(self, target: Target, *, older_sdk: bool) -> Step:
        npm = runtimes.need(runtimes.npm(), "npm")
        command = (*npm.command, "install", *_NPM_OPTIONS, "--", _requirement(target, _NPM_NAME, "@"))
        files = {f"{APP}/package.json": _OLDER_NPM_SDK} if older_sdk else {}
        access = registries.npm_access()
        scope = target.address.partition("/")[0] if target.address.startswith("@") else ""
        registry = dict(access.indexes).get(scope) or dict(access.indexes).get("", "")
        return Step(
            egress.relayed(npm.command[:1], command),
            npm,
            access,
            {"npm_config_logs_max": "0"},
            files={**files, egress.RELAY: egress.relay_source("relay.js")},
            pages=(f"{registry.rstrip('/')}/{quote(target.address, safe='@')}/latest",),
        )

    def installed(self, app: Path, target: Target, said: str) -> Installed:
        manifest = _manifest(app, target.address)
        if absent := next(_absent_links(app), None):
            raise Stopped(Reason.INSTALL_FAILED, install_log.only_its_author_has(absent))
        name = _npx_choice(manifest, target)
        sdk = _text(_manifest(app, "@modelcontextprotocol/sdk").get("version"))
        node = runtimes.need(runtimes.node(), "node")
        return Installed(
            _present(app, f"node_modules/.bin/{name}", target),
            node,
            _text(manifest.get("version")),
            sdk,
            tuple(sorted(set(filter(None, starmap(_npm_package, _npm_places(app).items()))))),
            install_log.npm_misfit(said, target),
        )

    async def failure(self, said: str, target: Target) -> Stopped:
        return install_log.npm_failure(said, target)


class PyPI:
    """PyPI packages, from wheels only: building one runs its code."""

    def step(self, target: Target, *, older_sdk: bool) -> Step:
        python = runtimes.need(runtimes.python(), "a Python interpreter")
        uv = runtimes.uv()
        if uv is None:
            raise Stopped(Reason.NO_RUNTIME, "uv is not installed")
        packages = [_requirement(target, _PYPI_NAME, "=="), *([_OLDER_PYPI_SDK] if older_sdk else [])]
        access = registries.pypi_access()
        options = ("--no-index", *_UV_OPTIONS) if access.environment.get("UV_NO_INDEX") else _UV_OPTIONS
        words = (_UV, python.command[0], f"{APP}/venv", *options, *packages)
        environment = {"UV_CACHE_DIR": CACHE, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
        return Step(
            egress.relayed((*python.command, "-I"), ("/bin/sh", "-c", _UV_SCRIPT, "install", *words)),
            python,
            access,
            environment,
            programs={_UV: uv},
            files={egress.RELAY: egress.relay_source("relay.py")},
            pages=tuple(f"{index.rstrip('/')}/{_normalised(target.address)}/" for _, index in access.indexes),
        )

    def installed(self, app: Path, target: Target, said: str) -> Installed:  # noqa: ARG002 - npm's needs it
        versions = dict(_distributions(app))
        everything = tuple(f"{one}=={version}" for one, (_, version) in sorted(versions.items()))
        name = _normalised(target.address)
        if name not in versions:
            raise Stopped(Reason.INSTALL_FAILED, f"{target.address} is not among what was installed")
        folder, version = versions[name]
        script = _uvx_choice(read_inside(app, f"{folder}/entry_points.txt"), target)
        python = runtimes.need(runtimes.python(), "a Python interpreter")
        command = _present(app, f"venv/bin/{script}", target)
        return Installed(command, python, version, versions.get("mcp", ("", None))[1], everything)

    async def failure(self, said: str, target: Target) -> Stopped:
        stopped = install_log.uv_failure(said, target)
        name = install_log.without_wheel(said)
        if stopped.reason is not Reason.INSTALL_FAILED or name is None:
            return stopped
        access = registries.pypi_access()
        files: list[simple_index.File] = []
        for _, index in access.indexes:
            with suppress(httpx.HTTPError, httpx.InvalidURL, ValueError):
                page = await read_page(f"{index.rstrip('/')}/{name}/", access)
                files += await asyncio.to_thread(simple_index.files_of, page)  # a page may have megabytes
        return simple_index.why_no_wheel(name, files)


ECOSYSTEMS: Mapping[TargetKind, Ecosystem] = {TargetKind.NPM: Npm(), TargetKind.PYPI: PyPI()}


def has_newer_sdk(installed: Installed) -> bool:
    """Say whether the package runs on a later major version of the SDK than the one most packages were written for."""
    major = (installed.sdk or "").partition(".")[0]
    return major.isdecimal() and int(major) > 1


def read_inside(root: Path, relative: str) -> str:
    """Read a small file below `root` without following a link anywhere on the way; "" when that cannot be done."""
    parts = Path(relative).parts
    if ".." in parts:
        return ""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = inner
        found = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
        with os.fdopen(found, "rb") as file:
            return file.read(_LARGEST_FILE).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(here)


def _requirement(target: Target, names: re.Pattern[str], operator: str) -> str:
    if not names.fullmatch(target.address):
        raise Stopped(Reason.INSTALL_FAILED, "not the name of a package")
    version = target.version or "latest"
    if not _VERSION.fullmatch(version):
        raise Stopped(Reason.INSTALL_FAILED, f"{version} is not a version")
    extras = [need.name for need in target.needs if need.kind == "extra" and _EXTRA.fullmatch(need.name)]
    name = f"{target.address}[{','.join(extras)}]" if extras and target.kind is TargetKind.PYPI else target.address
    return name if version == "latest" else f"{name}{operator}{version}"


def _manifest(app: Path, name: str) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        manifest = json.loads(read_inside(app, f"node_modules/{name}/package.json"))
        return manifest if isinstance(manifest, dict) else {}
    return {}


def _npm_places(app: Path) -> Mapping[str, Any]:
    """Return what npm says it installed by its place, in the file that it leaves beside the packages."""
    with suppress(ValueError, RecursionError):
        lock = json.loads(read_inside(app, "node_modules/.package-lock.json"))
        listed = lock.get("packages") if isinstance(lock, dict) else None
        return listed if isinstance(listed, dict) else {}
    return {}


def _absent_links(app: Path) -> Iterator[str]:
    """Yield the dependencies that npm made links to folders for which were not installed: `file:` and a path."""
    for place, entry in _npm_places(app).items():
        if isinstance(entry, dict) and entry.get("link") is True and not _leads_into(app, place):
            yield place.rpartition("node_modules/")[2]


def _leads_into(app: Path, place: str) -> bool:
    """Tell whether a place in what was installed is a folder of it, wherever links lead to it."""
    try:
        found = (app / place).resolve()
    except (OSError, RuntimeError, ValueError):  # a circle of links, or no path at all
        return False
    return found.is_relative_to(app.resolve()) and found.is_dir()


def _npm_package(place: str, entry: Any) -> str:
    """Return one package as npm takes it; of one that was installed under another name, its own."""
    if not isinstance(entry, dict):
        return ""
    name = _text(entry.get("name")) or place.rpartition("node_modules/")[2]
    version = _text(entry.get("version")) or ""
    return f"{name}@{version}" if _NPM_NAME.fullmatch(name) and _VERSION.fullmatch(version) else ""


def _npx_choice(manifest: Mapping[str, Any], target: Target) -> str:
    """Choose as npx does: the only command there is, else the one named like the package without its scope."""
    unscoped = target.address.rpartition("/")[2]
    declared = manifest.get("bin")
    commands = {unscoped: declared} if isinstance(declared, str) else declared if isinstance(declared, dict) else {}
    usable = [name for name in commands if _is_file_name(name)]
    if named := _named(usable, target):
        return named
    if len({str(commands[name]) for name in usable}) == 1:  # one command under several names
        return str(usable[0])
    return unscoped if unscoped in usable else _only(usable, target)


def _uvx_choice(entry_points: str, target: Target) -> str:
    """Choose as uvx does, the script named like the package; where there is none, the only script."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign] # the documented way to keep upper case
    with suppress(configparser.Error):
        parser.read_string(entry_points)
    scripts = list(parser["console_scripts"]) if parser.has_section("console_scripts") else []
    usable = [name for name in scripts if _is_file_name(name)]
    alike = [name for name in usable if _normalised(name) == _normalised(target.address)]
    return _named(usable, target) or _only(alike[:1] or usable, target)


def _present(app: Path, command: str, target: Target) -> str:
    """Return the command as the box sees it. Raises `Stopped` when there is no such file in what was installed."""
    file = (app / command).resolve()
    if not file.is_relative_to(app.resolve()) or not file.is_file():
        raise Stopped(Reason.NO_COMMAND, f"{target.address} declares the command {file.name}, and has no file for it")
    return f"{APP}/{command}"


def _named(names: list[str], target: Target) -> str | None:
    """Return the command that the target itself names. Raises `Stopped` when the package has no such command."""
    wanted = next((need.value for need in target.needs if need.kind == "command"), None)
    if wanted and wanted not in names:
        raise Stopped(Reason.NO_COMMAND, f"{target.address} has no command {wanted}; {_has(names)}")
    return wanted


def _only(names: list[str], target: Target) -> str:
    if len(names) == 1:
        return names[0]
    raise Stopped(Reason.NO_COMMAND, f"{target.address} has no command of its own name; {_has(names)}")


def _has(names: list[str]) -> str:
    return f"it has {', '.join(sorted(names)[:5])}" if names else "it has none, so nothing was started"


def _distributions(app: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each installed distribution's name with its metadata folder and version."""
    for folder in app.glob("venv/lib/python3.*/site-packages/*.dist-info"):
        name, dash, version = folder.name.removesuffix(".dist-info").partition("-")
        if dash:
            yield _normalised(name), (str(folder.relative_to(app)), version)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_file_name(name: object) -> bool:
    return (
        isinstance(name, str)
        and 0 < len(name) <= 200
        and name.isprintable()
        and not set("/\\") & set(name)
        and name[0] not in ".-"
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None

"""Reads the manifest of a bundle: what starts its server, what it wants to be told, and the tools that it declares.

Knows no archive and no sandbox. Two spellings are about, `manifest_version` and the older `dxt_version`, of one shape:
https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.introspector import dummies
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.sandbox import HOME
from crawler.introspector.wire import decode, fault_of
from crawler.records import Need, Reason, Wire

_RUN = frozenset({"node", "python", "binary"})
_PLATFORM = "linux"
_SETTING = re.compile(r"\$\{user_config\.([^}]{1,200})\}")
_FORMATS: Mapping[str, str] = {"number": "number", "boolean": "boolean", "directory": "filepath", "file": "filepath"}
_MOST = 100  # arguments or variables; real manifests have fewer than 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """A bundle's manifest, as far as it is run: the words of its command up to the first that the user gives.

    `needs` are the arguments that follow, and the variables. `tools` are the definitions that it declares, as they
    stand there; `makes_more` says that its author calls them incomplete.
    """

    command: tuple[str, ...]
    needs: tuple[Need, ...]
    tools: tuple[Wire, ...]
    makes_more: bool
    unfit: Stopped | None

    def declaration(self) -> str:
        """Return what is to be said of the declared tools beside a listing that failed; "" when there are none."""
        if not self.tools:
            return ""
        more = " and says that it has more when it runs" if self.makes_more else ""
        return f" (its manifest declares {len(self.tools)}{more})"


def read_manifest(text: str, folder: str, budget: Budget) -> Manifest:
    """Read a manifest; `folder` is where the bundle will be. Raises `Stopped` for a text that is none.

    A manifest that declares tools and cannot be run here is one too: `unfit` says why it is not run.
    """
    if not text:
        raise Stopped(Reason.INSTALL_FAILED, "the bundle has no manifest.json")
    try:
        manifest = decode(text.encode())
    except ValueError as error:
        raise Stopped(Reason.INSTALL_FAILED, f"the bundle's manifest.json is no JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise Stopped(Reason.INSTALL_FAILED, "the bundle's manifest.json is no JSON object")
    if fault := fault_of({key: manifest.get(key) for key in ("server", "user_config")}, budget.nesting):
        raise Stopped(Reason.INSTALL_FAILED, f"the bundle's manifest.json {fault}")
    tools = tuple(_declared(manifest.get("tools"), budget))
    server = _object(manifest.get("server"))
    words, variables = _configuration(server)
    settings = _object(manifest.get("user_config"))
    filling = _Filling(folder, settings)
    fixed = next((place for place, word in enumerate(words) if _SETTING.search(word)), len(words))
    command = tuple(filling.place(word) for word in words[:fixed])
    needs = [filling.need("argument", "", word) for word in words[fixed:]]
    needs += [filling.need("env", name, value) for name, value in variables.items()]
    unfit = _unfit(manifest, server, command)
    return Manifest(command, tuple(needs), tools, manifest.get("tools_generated") is True, unfit)


@dataclass(frozen=True, slots=True)
class _Filling:
    """Puts places and settings into the words of a configuration."""

    folder: str
    settings: Mapping[str, Any]

    def place(self, word: str) -> str:
        """Fill in what the client knows."""
        places = {"__dirname": self.folder, "HOME": HOME, "pathSeparator": "/", "/": "/"}
        places |= dict.fromkeys(("DESKTOP", "DOCUMENTS", "DOWNLOADS"), dummies.DATA)
        for name, value in places.items():
            word = word.replace(f"${{{name}}}", value)
        return word

    def need(self, kind: Any, name: str, word: str) -> Need:
        """Return an argument or variable: fixed, unless the user has to say something in it."""
        keys = _SETTING.findall(word)
        asked = [key for key in keys if _default(self._setting(key)) is None]
        filled = self.place(_SETTING.sub(lambda found: self._value(found[1]), word))
        if not asked:
            return Need(kind, name, value=filled)
        about = [self._setting(key) for key in asked]
        words = " ".join(_text(setting.get(part)) for setting in about for part in ("title", "description")).strip()
        required = any(setting.get("required") is True for setting in about)
        secret = any(setting.get("sensitive") is True for setting in about)
        return Need(kind, name, words, required, secret, default=filled)

    def _setting(self, key: str) -> Mapping[str, Any]:
        return _object(self.settings.get(key))

    def _value(self, key: str) -> str:
        """Return a setting's own default, or a made-up value for it."""
        setting = self._setting(key)
        if (default := _default(setting)) is not None:
            return default
        return dummies.value_for(
            Need(
                "env", key, _text(setting.get("description")), format=_FORMATS.get(_text(setting.get("type")), "string")
            )
        )


def _configuration(server: Mapping[str, Any]) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return the words of the command, and the variables, with what the manifest says of Linux in them."""
    config = _object(server.get("mcp_config"))
    override = _object(_object(config.get("platform_overrides")).get(_PLATFORM))
    command = _text(override.get("command")) or _text(config.get("command"))
    arguments = override.get("args") if isinstance(override.get("args"), list) else config.get("args")
    words = [word for word in (arguments if isinstance(arguments, list) else ())[:_MOST] if isinstance(word, str)]
    variables = {**_object(config.get("env")), **_object(override.get("env"))}
    named = {name: value for name, value in [*variables.items()][:_MOST] if isinstance(value, str)}
    return [command, *words], named


def _unfit(manifest: Mapping[str, Any], server: Mapping[str, Any], command: Sequence[str]) -> Stopped | None:
    kind = _text(server.get("type"))
    if kind not in _RUN:
        return Stopped(Reason.UNSUPPORTED, f"a bundle for {kind or 'no known runtime'} is recorded and not run")
    platforms = _object(manifest.get("compatibility")).get("platforms")
    if isinstance(platforms, list) and platforms and _PLATFORM not in platforms:
        made_for = ", ".join(name for name in platforms[:5] if isinstance(name, str))
        return Stopped(Reason.NO_RUNTIME, f"the bundle is made for {made_for}, and this machine runs Linux")
    return None if command and command[0] else Stopped(Reason.NO_COMMAND, "the bundle's manifest names no command")


def _declared(tools: Any, budget: Budget) -> Iterator[Wire]:
    """Yield the entries of a manifest's list of tools that are tools."""
    for entry in (tools if isinstance(tools, list) else ())[: budget.tools]:
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and name and not fault_of(entry, budget.nesting):
            yield entry


def _default(setting: Mapping[str, Any]) -> str | None:
    """Return the value of a setting that the user says nothing of; of several the first."""
    default = setting.get("default")
    first = default[0] if isinstance(default, list) and default else default
    if isinstance(first, bool):
        return "true" if first else "false"
    return str(first) if isinstance(first, (str, int, float)) and first != "" else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

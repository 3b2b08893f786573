"""One server as a client's configuration has it, in any client's spelling: what it starts or reaches, without secrets.

Knows nothing of what stands around the entry (`client_shapes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from crawler.records import Need, Target, TargetKind
from crawler.spiders.command_line import launched
from crawler.spiders.fields import ENTRY_LIMIT, NAME_LIMIT, mapping, remote_address, remote_transport, text
from crawler.spiders.secret_values import blank, is_secret_name, secret_names, url_without_secrets, without_secrets

URL_KEYS = ("url", "serverUrl", "httpUrl", "uri")  # everyone, Windsurf, Gemini CLI, Goose
COMMAND_KEYS = ("command", "cmd")  # everyone, Goose
ENV_KEYS = ("env", "environment", "envs")  # everyone, OpenCode, Goose
_HEADER_KEYS = ("headers", "http_headers")  # everyone, Codex
_PLAIN_KEYS = frozenset({"type", "transport"})


def command_words(entry: Mapping[str, Any]) -> list[str]:
    """The words of the command that an entry starts, as they stand there."""
    command, arguments = _command(entry), entry.get("args")
    if isinstance(command, dict):  # Zed, until 2025
        arguments = command.get("args")
        command = command.get("path")
    words = [*command] if isinstance(command, list) else [command]
    words += arguments if isinstance(arguments, list) else []
    return [word if isinstance(word, str) else str(word) for word in words[:ENTRY_LIMIT] if word is not None]


def _command(entry: Mapping[str, Any]) -> Any:
    return next((entry[key] for key in COMMAND_KEYS if key in entry), None)


class ConfiguredServer:
    """One configured server, with the secrets taken out as it is read."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self._entry = entry
        self.command = without_secrets(command_words(entry))
        address = next((entry[key] for key in URL_KEYS if isinstance(entry.get(key), str)), None)
        self.url = url_without_secrets(address) if address else None

    @property
    def enabled(self) -> bool:
        """Whether the client starts it: `disabled` and `enabled` are the spellings of the clients."""
        return self._entry.get("disabled") is not True and self._entry.get("enabled") is not False

    def raw(self, name: str) -> dict[str, Any]:
        """The entry as it may be kept and published; `name` is the key under which it stood."""
        kept = {key: self._kept(key, value) for key, value in self._entry.items()}
        return {**kept, "name": name}

    def _kept(self, key: str, value: Any) -> Any:
        if key in URL_KEYS and isinstance(value, str):
            return url_without_secrets(value)
        if key in COMMAND_KEYS and isinstance(value, (str, list)):
            return self.command if isinstance(value, list) else self.command[0]
        if key == "args" and isinstance(value, list) and isinstance(_command(self._entry), str):
            return self.command[1:]
        return value if key in _PLAIN_KEYS and isinstance(value, str) else blank(value)

    def target(self) -> Target | None:
        """What the entry starts or reaches; `None` when nobody else could ask that."""
        if self.url is None:
            return launched(self.command, self._needs("env"))
        address = remote_address(self.url)
        declared = self._entry.get("type") or self._entry.get("transport")
        transport = remote_transport(None if declared == "remote" else declared, address) if address else None
        if not address or not transport:
            return None
        variables = (Need(kind="variable", name=name, required=True, secret=True) for name in secret_names(address))
        return Target(TargetKind.REMOTE, transport, address, None, (*self._needs("header"), *variables))

    def _needs(self, kind: Literal["env", "header"]) -> tuple[Need, ...]:
        if kind == "env":
            holders = [self._entry.get(key) for key in ENV_KEYS]
        else:
            holders = [self._entry.get(key) for key in _HEADER_KEYS]
            holders.append(mapping(self._entry.get("requestOptions")).get("headers"))  # Continue
        names = [name for holder in holders for key in mapping(holder) if (name := text(key, NAME_LIMIT))]
        return tuple(
            Need(kind=kind, name=name, required=True, secret=is_secret_name(name)) for name in names[:ENTRY_LIMIT]
        )

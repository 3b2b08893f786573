"""Reads the configuration of an MCP client: the `mcpServers` of Claude Desktop and Cursor, the `servers` of VS Code.

A configuration is private: a person's keys stand in it. So the record that is kept (`raw`) is not what was in the file
but that without any value of an environment variable or header, and without each text that could be a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from crawler.records import Dropped, DropReason, Listing, ListingStatus, Need, Target, TargetKind
from crawler.spiders.command_line import launched
from crawler.spiders.fields import ENTRY_LIMIT, NAME_LIMIT, mapping, remote_address, remote_transport, text
from crawler.spiders.json_text import Members
from crawler.spiders.record import Origin, RecordError, make_listing
from crawler.spiders.secret_values import blank, is_secret_name, secret_names, url_without_secrets, without_secrets

_URL_KEYS = ("url", "serverUrl", "httpUrl")  # everyone, Windsurf, Gemini CLI
_PLAIN_KEYS = frozenset({"type", "transport"})


def configured_servers(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The servers by name; `None` when the document is no client configuration."""
    for holder in (document, mapping(document.get("mcp"))):  # VS Code's settings.json keeps its servers below `mcp`
        for key in ("mcpServers", "servers"):
            if isinstance(holder.get(key), dict):
                servers: Mapping[str, Any] = holder[key]
                return servers
    return None


def read_configuration(servers: Mapping[str, Any], origin: Origin) -> Iterator[Listing | Dropped]:
    """A listing or a reason for each server; of two of one name the first is kept."""
    for name, entry in servers.items():
        yield read_configured(name, entry, origin)
    for name in servers.repeated if isinstance(servers, Members) else ():
        yield origin.drop(name, DropReason.DUPLICATE_NAME, "the configuration names it twice; the first is kept")


def read_configured(name: str, entry: object, origin: Origin) -> Listing | Dropped:
    """The listing of one configured server."""
    if not isinstance(entry, dict):
        detail = f"expected an object with a command or a URL, got {type(entry).__name__}"
        return origin.drop(name, DropReason.NOT_AN_OBJECT, detail)
    return origin.listed(name, lambda: _listing(name, _Entry(entry), origin))


class _Entry:
    """One configured server, with the secrets taken out as it is read."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self._entry = entry
        command, arguments = entry.get("command"), entry.get("args")
        words = [*command] if isinstance(command, list) else [command]
        words += arguments if isinstance(arguments, list) else []
        given = [word if isinstance(word, str) else str(word) for word in words[:ENTRY_LIMIT] if word is not None]
        self.command = without_secrets(given)
        address = next((entry[key] for key in _URL_KEYS if isinstance(entry.get(key), str)), None)
        self.url = url_without_secrets(address) if address else None

    def raw(self, name: str) -> dict[str, Any]:
        """The entry as it may be kept and published; `name` is the key under which it stood."""
        kept = {key: self._kept(key, value) for key, value in self._entry.items()}
        return {"name": name, **kept}

    def _kept(self, key: str, value: Any) -> Any:
        if key in _URL_KEYS and isinstance(value, str):
            return self.url
        if key == "command" and isinstance(value, (str, list)):
            return self.command if isinstance(value, list) else self.command[0]
        if key == "args" and isinstance(value, list) and isinstance(self._entry.get("command"), str):
            return self.command[1:]
        return value if key in _PLAIN_KEYS and isinstance(value, str) else blank(value)

    def target(self) -> Target | None:
        """What the entry starts or reaches; `None` when nobody else could ask that."""
        if self.url is None:
            return launched(self.command, self._needs("env"))
        address = remote_address(self.url)
        declared = self._entry.get("type") or self._entry.get("transport")
        transport = remote_transport(declared, address) if address else None
        if not address or not transport:
            return None
        variables = (Need(kind="variable", name=name, required=True, secret=True) for name in secret_names(address))
        return Target(TargetKind.REMOTE, transport, address, None, (*self._needs("header"), *variables))

    def _needs(self, kind: Literal["env", "header"]) -> tuple[Need, ...]:
        declared = mapping(self._entry.get("env" if kind == "env" else "headers"))
        names = [name for key in declared if (name := text(key, NAME_LIMIT))]
        return tuple(
            Need(kind=kind, name=name, required=True, secret=is_secret_name(name)) for name in names[:ENTRY_LIMIT]
        )


def _listing(name: str, entry: _Entry, origin: Origin) -> Listing:
    target = entry.target()
    if target is None:
        what = " ".join(entry.command) or entry.url or "it has neither a command nor a URL"
        raise RecordError(DropReason.NO_TARGET, f"no package or remote URL that anyone could ask: {what}")
    # The key under which a configuration keeps a server is its owner's word for it: the target identifies the server.
    details = {"name": name, "source_id": f"{target.kind}:{target.address}"}
    return make_listing(origin, entry.raw(name), (target,), details, ListingStatus.ACTIVE)

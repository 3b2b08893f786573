"""Made-up values for what a record declares, and places inside the box for the paths it names. Knows no package.

Nothing here is a secret or works anywhere: keys have the shape that servers check before they list their tools.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath, PureWindowsPath

from crawler.introspector.sandbox import HOME
from crawler.records import Need

DATA = f"{HOME}/data"
"""The folder that stands for every folder of the user's that a record names."""

KUBECONFIG = f"{HOME}/.kube/config"
_CLUSTER = b"""apiVersion: v1
kind: Config
current-context: box
clusters: [{name: box, cluster: {server: "https://127.0.0.1:6443"}}]
users: [{name: box, user: {}}]
contexts: [{name: box, context: {cluster: box, user: box}}]
"""

FILES = {KUBECONFIG: _CLUSTER}
"""Files that a server looks for in its home before it lists its tools; present when values are made up."""

_FILLER = "0" * 36
_SHAPES: Sequence[tuple[str, str]] = (  # a word in the name, and the value; the first that fits
    (r"KUBECONFIG", KUBECONFIG),
    (r"MONGO", "mongodb://u:u@127.0.0.1:27017/db"),
    (r"REDIS_URL|REDIS_URI", "redis://127.0.0.1:6379/0"),
    (r"MYSQL_(?:URL|URI)", "mysql://u:u@127.0.0.1:3306/db"),
    (r"DATABASE_UR[IL]|POSTGRES\w*_UR[IL]|CONNECTION_?STRING|\bDSN", "postgresql://u:u@127.0.0.1:5432/db"),
    (r"SENTRY_DSN", "https://0@example.invalid/0"),
    (r"HEADERS|JSON|CREDENTIALS_INFO", "{}"),
    (r"UR[IL]S?$|UR[IL]_|ENDPOINT|WEBHOOK", "https://example.invalid"),
    (r"HOST|DOMAIN|SITE$|SERVER$", "example.invalid"),
    (r"PORT$|TIMEOUT|LIMIT|COUNT|SIZE|MAX_|MIN_|NUMBER|SECONDS", "1000"),
    (r"ENABLE|DISABLE|DEBUG|VERBOSE|READ_?ONLY|USE_", "false"),
    (r"EMAIL|MAIL_FROM", "user@example.invalid"),
    (r"DIR$|DIRECTORY|FOLDER|ROOT|WORKSPACE|STORAGE_PATH|VAULT_PATH|REPOSITORY|^REPO$", DATA),
    (r"FILE$|FILE_?PATH|DB_?PATH|DB$|DATABASE$", f"{DATA}/file.db"),
    (r"PATH$", DATA),
    (r"REGION", "us-east-1"),
    (r"SLACK\w*BOT_TOKEN|SLACK_TOKEN", f"xoxb-{_FILLER}"),
    (r"SLACK\w*APP_TOKEN", f"xapp-{_FILLER}"),
    (r"SLACK_TEAM", "T00000000"),
    (r"GITHUB\w*TOKEN|GITHUB_PAT", f"ghp_{_FILLER}"),
    (r"GITLAB\w*TOKEN", f"glpat-{_FILLER[:20]}"),
    (r"NOTION\w*(?:TOKEN|KEY)", f"ntn_{_FILLER}"),
    (r"STRIPE", f"sk_test_{_FILLER}"),
    (r"OPENAI|ANTHROPIC|DEEPSEEK|OPENROUTER", f"sk-{_FILLER}"),
    (r"FIGMA", f"figd_{_FILLER}"),
    (r"TAVILY", f"tvly-{_FILLER}"),
    (r"FIRECRAWL", f"fc-{_FILLER}"),
    (r"AIRTABLE", f"pat{_FILLER[:14]}.{_FILLER}"),
    (r"LINEAR", f"lin_api_{_FILLER}"),
    (r"UUID|TENANT_ID|CLIENT_ID|SUBSCRIPTION_ID", "00000000-0000-4000-8000-000000000000"),
    (r"_ID$|^ID$", "1000"),
    (r"KEY|TOKEN|SECRET|PASSWORD", _FILLER),
)
_PREFIX = re.compile(
    r"""(?:starts? with|begin(?:s|ning) with|prefix(?:ed with)?|e\.?g\.?)[\s:]*["'`]?([A-Za-z]{2,8}[-_])"""
)
_BY_FORMAT = {"number": "1", "boolean": "false", "filepath": f"{DATA}/file", "url": "https://example.invalid"}
_NAMED = re.compile(r"\b[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,6}\b")
_NOT_SETTINGS = re.compile(r"^(?:ERR|MODULE|E[A-Z]+)_|_(?:ERROR|EXCEPTION|NOT_FOUND)$")
_MOST_NAMED = 12
_HOST_PATH = re.compile(
    r"^(?:/|~|\$\{?(?:HOME|PWD|userHome|workspaceFolder)\b|\$\{(?:env|workspaceFolder|userHome)|%USERPROFILE%|[A-Za-z]:[\\/])"
)
_BOX_PATHS = ("/dev/null", "/tmp", HOME)  # noqa: S108 - places in the box


def variables(needs: Iterable[Need]) -> dict[str, str]:
    """Return a value for each environment variable that is declared."""
    return {need.name: value_for(need) for need in needs if need.kind == "env" and "=" not in need.name and need.name}


def named_in(text: str) -> dict[str, str]:
    """Return a value for each environment variable that a process named when it refused to start."""
    names = [name for name in _NAMED.findall(text) if not _NOT_SETTINGS.search(name)]
    return {name: value_for(Need("env", name)) for name in list(dict.fromkeys(names))[:_MOST_NAMED]}


def arguments(needs: Iterable[Need], *, filled: bool) -> list[str]:
    """Return the command's arguments: those that are fixed, and, when `filled`, made-up ones for the required rest."""
    words: list[str] = []
    for need in needs:
        if need.kind != "argument":
            continue
        if need.value is None and not (filled and (need.required or need.default or need.choices)):
            continue
        value = mapped(need.value) if need.value is not None else value_for(need)
        words += [word for word in (need.name, value) if word]
    return words


def value_for(need: Need) -> str:
    """Make up a value of the shape that the declaration asks for."""
    for declared in (need.value, need.default, *need.choices[:1]):
        if declared:
            return mapped(declared)
    if need.format in _BY_FORMAT:
        return _BY_FORMAT[need.format]
    if prefix := _PREFIX.search(need.description):
        return prefix[1] + _FILLER
    name = re.sub(r"[^A-Z0-9]+", "_", need.name.upper()).strip("_") or need.description.upper()
    return next((value for word, value in _SHAPES if re.search(word, name)), "dummy")


def mapped(value: str) -> str:
    """Put a path of some user's machine into the box: folders become the data folder, files lie in it."""
    flag, equals, rest = value.partition("=")
    if equals and flag.startswith("-"):
        return f"{flag}={mapped(rest)}"
    if not _HOST_PATH.match(value) or value.startswith(_BOX_PATHS):
        return value
    path = PureWindowsPath(value) if "\\" in value or value[1:2] == ":" else PurePosixPath(value)
    if path.name == "config" and path.parent.name == ".kube":
        return KUBECONFIG
    return (
        f"{DATA}/{path.name}"
        if path.suffix and len(path.suffix) <= len(".sqlite3") and path.suffix != path.name
        else DATA
    )

"""Made-up values for what a record declares, and places inside the box for the paths it names. Knows no package.

Nothing here is a secret or works anywhere: keys have the shape that servers check before they list their tools. The
shape is what the declaration says (its value, default, choices, format), and else what the last words of the name mean.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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
_CREDENTIALS = f"{HOME}/credentials.json"

FILES = {KUBECONFIG: _CLUSTER, _CREDENTIALS: b"{}\n"}
"""Files that a server looks for in its home before it lists its tools; present when values are made up."""

_FILLER = "0" * 36
_URL = "https://example.invalid"
_EMAIL = "user@example.invalid"
_UUID = "00000000-0000-4000-8000-000000000000"
_DATABASE = f"{DATA}/file.db"

_BY_FORMAT = {
    "number": "1",
    "integer": "1",
    "boolean": "false",
    "filepath": f"{DATA}/file",
    "url": _URL,
    "uri": _URL,
    "email": _EMAIL,
    "uuid": _UUID,
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "json": "{}",
}
_SHAPES: Mapping[str, str] = {  # the last words of a name, and the value; more words before fewer
    "KUBECONFIG": KUBECONFIG,
    **dict.fromkeys(("URL", "URI", "ENDPOINT", "WEBHOOK", "BASE", "ORIGIN", "ISSUER"), _URL),
    **dict.fromkeys(("HOST", "HOSTNAME", "DOMAIN", "SITE", "SERVER"), "example.invalid"),
    **dict.fromkeys(("DATABASE URL", "DB URL", "CONNECTION STRING", "DSN"), "postgresql://u:u@127.0.0.1:5432/db"),
    "SENTRY DSN": "https://0@example.invalid/0",
    **dict.fromkeys(("HEADER", "JSON", "CREDENTIALS INFO"), "{}"),
    "PORT": "8080",
    **dict.fromkeys(("TIMEOUT", "LIMIT", "COUNT", "SIZE", "NUMBER", "SECOND", "MS", "RETRY", "TTL", "RESULT"), "1000"),
    **dict.fromkeys(("ENABLED", "DISABLED", "DEBUG", "VERBOSE", "ONLY", "READONLY", "SSL", "TLS"), "false"),
    **dict.fromkeys(("EMAIL", "MAIL", "MAIL FROM"), _EMAIL),
    **dict.fromkeys(("DIR", "DIRECTORY", "FOLDER", "ROOT", "WORKSPACE", "REPOSITORY", "REPO", "PATH", "VAULT"), DATA),
    **dict.fromkeys(("FILE", "FILENAME", "FILE PATH", "DB PATH", "DATABASE PATH", "DB FILE", "SQLITE DB"), _DATABASE),
    **dict.fromkeys(
        (
            "CREDENTIALS",
            "CREDENTIALS FILE",
            "CREDENTIALS PATH",
            "ACCOUNT PATH",
            "ACCOUNT FILE",
            "KEY FILE",
            "KEYS FILE",
        ),
        _CREDENTIALS,
    ),
    **dict.fromkeys(("ID", "NUMBER ID"), "1000"),
    **dict.fromkeys(("UUID", "GUID", "TENANT ID", "CLIENT ID", "SUBSCRIPTION ID"), _UUID),
    **dict.fromkeys(("KEY", "TOKEN", "SECRET", "PASSWORD", "PASS", "PAT", "APIKEY"), _FILLER),
    "PRIVATE KEY": f"0x{'0' * 63}1",
    "JWT": "eyJhbGciOiJub25lIn0.e30.",
    "ARN": "arn:aws:iam::000000000000:role/dummy",
    "REGION": "us-east-1",
    "ZONE": "us-east-1a",
    **dict.fromkeys(("TIMEZONE", "TZ"), "UTC"),
    **dict.fromkeys(("ENVIRONMENT", "ENV"), "production"),
    "TRANSPORT": "stdio",
    "LEVEL": "info",
    **dict.fromkeys(("LANGUAGE", "LANG", "LOCALE"), "en"),
    "CURRENCY": "USD",
    "COUNTRY": "US",
    "VERSION": "1",
    "USER AGENT": f"Example {_EMAIL}",
    **dict.fromkeys(("DATE", "SINCE"), "2026-01-01"),
    "SLACK TEAM ID": "T00000000",
}
_SWITCHES = frozenset({"ENABLE", "DISABLE", "USE", "IS", "ALLOW", "SKIP"})
_AMOUNTS = frozenset({"MAX", "MIN"})
_CONNECTIONS: Mapping[str, str] = {  # words of a database in the name of a URL
    "MONGO": "mongodb://u:u@127.0.0.1:27017/db",
    "MONGODB": "mongodb://u:u@127.0.0.1:27017/db",
    "REDIS": "redis://127.0.0.1:6379/0",
    "MYSQL": "mysql://u:u@127.0.0.1:3306/db",
    "MARIADB": "mysql://u:u@127.0.0.1:3306/db",
    "POSTGRES": "postgresql://u:u@127.0.0.1:5432/db",
    "POSTGRESQL": "postgresql://u:u@127.0.0.1:5432/db",
    "PG": "postgresql://u:u@127.0.0.1:5432/db",
    "NEO4 J": "bolt://127.0.0.1:7687",
    "AMQP": "amqp://u:u@127.0.0.1:5672/",
    "SQLITE": f"sqlite:///{_DATABASE}",
}
_ADDRESSES = frozenset({"URL", "URI", "DSN", "STRING"})
_PREFIXES: Mapping[str, str] = {  # words of a service in the name of a key, and how its keys look
    "SLACK APP": f"xapp-{_FILLER}",
    "SLACK": f"xoxb-{_FILLER}",
    "GITHUB": f"ghp_{_FILLER}",
    "GITLAB": f"glpat-{_FILLER[:20]}",
    "NOTION": f"ntn_{_FILLER}",
    "STRIPE": f"sk_test_{_FILLER}",
    **dict.fromkeys(("OPENAI", "ANTHROPIC", "DEEPSEEK", "OPENROUTER"), f"sk-{_FILLER}"),
    "FIGMA": f"figd_{_FILLER}",
    "TAVILY": f"tvly-{_FILLER}",
    "FIRECRAWL": f"fc-{_FILLER}",
    "AIRTABLE": f"pat{_FILLER[:14]}.{_FILLER}",
    "LINEAR": f"lin_api_{_FILLER}",
}
_KEYS = frozenset({"KEY", "TOKEN", "SECRET", "PAT", "APIKEY"})
_PREFIX = re.compile(
    r"""(?:start(?:s|ing)? with|begin(?:s|ning)? with|prefix(?:ed with)?|e\.?g\.?)[\s:]*["'`]?([A-Za-z]{2,8}[-_])"""
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")
_HOST_PATH = re.compile(
    r"^(?:/|~|\$\{?(?:HOME|PWD|userHome|workspaceFolder)\b|\$\{(?:env|workspaceFolder|userHome)|%USERPROFILE%|[A-Za-z]:[\\/])"
)
_BOX_PATHS = ("/dev/null", "/tmp", "/app/", HOME)  # noqa: S108 - places in the box


def variables(needs: Iterable[Need], *, filled: bool) -> dict[str, str]:
    """Return the environment variables: the fixed ones, and, when `filled`, made-up ones for the required rest."""
    named = (need for need in needs if need.kind == "env" and need.name and "=" not in need.name)
    return {need.name: value_for(need) for need in named if _is_fixed(need) or (filled and need.required)}


def _is_fixed(need: Need) -> bool:
    """Tell whether a declaration says the whole value; braces stand for something that the user fills in."""
    return need.value is not None and "{" not in need.value


def arguments(needs: Iterable[Need], *, filled: bool) -> list[str]:
    """Return the command's arguments: those that are fixed, and, when `filled`, made-up ones for the required rest."""
    words: list[str] = []
    for need in needs:
        if need.kind != "argument" or (need.value is None and not (filled and need.required)):
            continue
        value = mapped(need.value) if need.value is not None else value_for(need)
        words += [word for word in (need.name, value) if word]
    return words


def value_for(need: Need) -> str:
    """Make up a value of the shape that the declaration asks for."""
    for declared in (need.value, need.default, _choice(need.choices)):
        if declared:
            return mapped(declared)
    if need.format in _BY_FORMAT:
        return _BY_FORMAT[need.format]
    if prefix := _PREFIX.search(need.description):
        return prefix[1] + _FILLER
    if need.name:
        return _by_words(_words(need.name)) or "dummy"
    words = _words(need.description)
    return next(filter(None, (_by_words(words[:end]) for end in range(len(words), 0, -1))), "dummy")


def _choice(choices: Sequence[str]) -> str | None:
    """Choose the transport that we speak where that is the question, and else the first."""
    return "stdio" if "stdio" in choices else next(iter(choices), None)


def _words(name: str) -> list[str]:
    """Take a name apart: `SERVICE_ACCOUNT_PATH`, `--service-account-path` and `serviceAccountPath` are of one kind."""
    return [word.upper() for word in _WORDS.findall(name)]


def _by_words(words: Sequence[str]) -> str | None:
    if not words:
        return None
    last = words[-1] if words[-1] in _SHAPES else _singular(words[-1])
    if last in _KEYS and (service := _of_all(words, _PREFIXES)):
        return service
    if last in _ADDRESSES and (connection := _of_all(words, _CONNECTIONS)):
        return connection
    for start in range(max(0, len(words) - 3), len(words)):
        if shape := _SHAPES.get(" ".join((*words[start:-1], last))):
            return shape
    return "1000" if _AMOUNTS & {*words} else "false" if words[0] in _SWITCHES else None


def _of_all(words: Collection[str], table: Mapping[str, str]) -> str | None:
    """Return the first value of a table all of whose words are among `words`."""
    return next((value for key, value in table.items() if {*key.split()} <= {*words}), None)


def _singular(word: str) -> str:
    return word[:-3] + "Y" if word.endswith("IES") else word.removesuffix("S")


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

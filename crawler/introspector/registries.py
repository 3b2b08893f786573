"""Where packages come from on this machine: what the user's npm, pip and uv are set up to use. Knows no package.

It names no registry of its own. What it returns may hold the user's credentials for a registry, so it goes into the
box of an install step, where no code of a package runs, and never into the box that runs a package.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment

from crawler.introspector import runtimes
from crawler.introspector.sandbox import HOME

_CERTIFICATES = "/etc/certificates.pem"
_UV_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX")
_UV_MANNERS = ("UV_INDEX_STRATEGY", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT")
_NPM_KEYS = ("registry", "strict-ssl", "fetch-timeout")
_NPM_PROXIES = {"http": "proxy", "https": "https-proxy", "no": "noproxy"}
_UV_DEFAULT = re.compile(r"--default-index.*?by\s+default:\s+<?(https?://[^\s>)]+)", re.DOTALL)
_VARIABLE = re.compile(r"\$\{(\w+)\??\}")
_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Access:
    """What an install step's box gets: variables, files made of bytes, and folders of packages on this machine.

    `indexes` are the addresses of the registries, by the scope that each is for ("" for all); `proxies` those of the
    user's proxies ("http", "https"), and "no" the hosts that are reached without one.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    readable: Mapping[str, str] = field(default_factory=dict)
    indexes: tuple[tuple[str, str], ...] = ()
    proxies: Mapping[str, str] = field(default_factory=dict)

    def certificates(self) -> str | None:
        """Return the certificates that the user's tools trust, as PEM; `None` for the system's."""
        content = self.files.get(_CERTIFICATES)
        return content.decode("utf-8", "replace") if content else None


@cache
def npm_access() -> Access:
    """Return what the user's npm uses, taken from npm itself; credentials only from the files that hold them."""
    settings = _npm_settings()
    lines = [f"{key}={_npm_value(settings[key])}" for key in _NPM_KEYS if settings.get(key) not in (None, [""], "")]
    scopes = {key: value for key, value in settings.items() if key.startswith("@") and isinstance(value, str)}
    lines += [f"{key}={value}" for key, value in scopes.items()]
    for origin in ("globalconfig", "userconfig"):
        lines += _npm_credentials(settings.get(origin))
    access = _common(os.environ.get("NODE_EXTRA_CA_CERTS"), settings.get("cafile"))
    certified = {"NODE_EXTRA_CA_CERTS": _CERTIFICATES, "npm_config_cafile": _CERTIFICATES} if access.files else {}
    own = {
        kind: settings[key] for kind, key in _NPM_PROXIES.items() if settings.get(key) not in (None, False, [""], "")
    }
    indexes = {"": settings.get("registry"), **{key.partition(":")[0]: value for key, value in scopes.items()}}
    return Access(
        {**access.environment, **certified, "npm_config_userconfig": f"{HOME}/.npmrc"},
        {**access.files, f"{HOME}/.npmrc": "\n".join([*lines, ""]).encode()},
        indexes=tuple((scope, url) for scope, url in indexes.items() if isinstance(url, str)),
        proxies={**access.proxies, **{kind: _npm_value(value) for kind, value in own.items()}},
    )


@cache
def pypi_access() -> Access:
    """Return what the user's uv uses; where uv has no index of its own set up, what the user's pip uses."""
    pip = dict(_pip_settings())
    own = {**_uv_settings(), **{name: os.environ[name] for name in _UV_VARIABLES if os.environ.get(name)}}
    chosen = own or _as_uv(pip)
    chosen |= {name: value for name, value in os.environ.items() if name in _UV_MANNERS or _is_index_login(name)}
    access = _common(pip.get("cert"), None)
    return Access(
        {**access.environment, **chosen},
        access.files,
        dict(_local_folders(chosen)),
        tuple(("", url) for url in _uv_addresses(chosen)),
        access.proxies,
    )


def _uv_addresses(chosen: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses of the indexes in uv's variables; uv's own one, as uv tells it, where none replaces it."""
    replaced = chosen.get("UV_DEFAULT_INDEX") or chosen.get("UV_INDEX_URL")
    if not replaced and not chosen.get("UV_NO_INDEX"):
        yield from _uv_default()
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"):
        for word in re.split(r"[\s,]+", chosen.get(name, "")):
            address = word[max(0, word.find("http")) :]  # an index may have a name: "mine=https://..."
            if address.startswith(("http://", "https://")):
                yield address


def _uv_default() -> Iterator[str]:
    """Yield the index that uv uses when it is told of none, which its help names."""
    program = runtimes.uv()
    if program is not None:
        with suppress(OSError, subprocess.SubprocessError):
            command = [str(program), "pip", "install", "--help"]
            said = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True, cwd="/").stdout
            yield from _UV_DEFAULT.findall(said)


def _common(*certificates: Any) -> Access:
    """Return the proxies, and the certificates that stand in the environment or else in a tool's own settings."""
    proxies = getproxies_environment()
    for kind in ("http", "https"):
        if "all" in proxies:
            proxies.setdefault(kind, proxies["all"])
    for path in (os.environ.get("SSL_CERT_FILE"), *certificates):
        with suppress(OSError, TypeError):
            content = Path(path or "").read_bytes()
            return Access({"SSL_CERT_FILE": _CERTIFICATES}, {_CERTIFICATES: content}, proxies=proxies)
    return Access(proxies=proxies)


def _npm_settings() -> dict[str, Any]:
    npm = shutil.which("npm")
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        command = [npm or "npm", "config", "list", "--long", "--json"]
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True, cwd="/")
        settings = json.loads(done.stdout)
        return settings if isinstance(settings, dict) else {}
    return {}


def _npm_value(value: Any) -> str:
    return value if isinstance(value, str) else ",".join(value) if isinstance(value, list) else json.dumps(value)


def _npm_credentials(path: Any) -> Iterator[str]:
    """Yield the lines that give a login for a registry ("//host/:_authToken=..."), variables filled in as npm does."""
    with suppress(OSError, TypeError, UnicodeError):
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("//"):
                yield _VARIABLE.sub(lambda match: os.environ.get(match[1], ""), line.strip())


def _pip_settings() -> Iterator[tuple[str, str]]:
    """Yield pip's settings, later ones overriding earlier: its files in pip's order, then the environment.

    https://pip.pypa.io/en/stable/topics/configuration/#precedence-override-order
    """
    home = Path.home()
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip/pip.conf"]
    files += [_config_home() / "pip/pip.conf", Path(sys.prefix, "pip.conf")]
    if own := os.environ.get("PIP_CONFIG_FILE"):
        files.append(Path(own))
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    for file in files:
        with suppress(configparser.Error, OSError, UnicodeError):
            parser.read(file, encoding="utf-8")
    for section in ("global", "install"):
        if parser.has_section(section):
            yield from ((name.replace("_", "-"), value) for name, value in parser.items(section))
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:
            yield name.removeprefix("PIP_").lower().replace("_", "-"), value


def _as_uv(pip: Mapping[str, str]) -> dict[str, str]:
    """Say pip's settings in uv's words. pip takes the best version of all indexes, so uv is told to."""
    extra, links = pip.get("extra-index-url", "").split(), pip.get("find-links", "").split()
    said = {
        "UV_DEFAULT_INDEX": pip.get("index-url", "").strip(),
        "UV_INDEX": " ".join(extra),
        "UV_FIND_LINKS": ",".join(links),
        "UV_NO_INDEX": "1" if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"} else "",
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",
    }
    return {name: value for name, value in said.items() if value}


def _uv_settings() -> dict[str, str]:
    """Return what uv's own files say of indexes, the user's before the system's."""
    for file in (_config_home() / "uv/uv.toml", Path("/etc/uv/uv.toml")):
        with suppress(OSError, tomllib.TOMLDecodeError, UnicodeError):
            settings = tomllib.loads(file.read_text(encoding="utf-8"))
            return dict(_uv_indexes({**settings, **settings.get("pip", {})}))
    return {}


def _uv_indexes(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    listed = [index for index in settings.get("index", []) if isinstance(index, dict) and "url" in index]
    for index in listed:
        if index.get("default"):
            yield "UV_DEFAULT_INDEX", str(index["url"])
    named = [
        f"{index['name']}={index['url']}" if "name" in index else str(index["url"])
        for index in listed
        if not index.get("default")
    ]
    lists = {"UV_INDEX": named, "UV_EXTRA_INDEX_URL": settings.get("extra-index-url", [])}
    yield from ((name, " ".join(urls)) for name, urls in lists.items() if urls)
    if links := settings.get("find-links", []):
        yield "UV_FIND_LINKS", ",".join(links)
    for key in ("index-url", "index-strategy"):
        if key in settings:
            yield "UV_" + key.upper().replace("-", "_"), str(settings[key])


def _is_index_login(name: str) -> bool:
    return name.startswith("UV_INDEX_") and name.endswith(("_USERNAME", "_PASSWORD"))


def _local_folders(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the folders of this machine that are named as indexes; a "simple" folder links to files beside it."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"):
        for word in re.split(r"[\s,]+", environment.get(name, "")):
            address = word.rpartition("=")[2] if word.partition("=")[2].startswith("file:") else word
            path = Path(unquote(urlsplit(address).path) if address.startswith("file:") else address)
            if path.is_absolute() and path.is_dir():
                folder = str(path.parent if path.name == "simple" else path)
                yield folder, folder


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")

"""Reads what the metadata of a package says, in the forms of npm and of PyPI. Knows no registry.

A package says that it is a server by the name that it has in the MCP registry (`mcpName`, or `mcp-name:` in a
description: https://github.com/modelcontextprotocol/registry/blob/main/docs/modelcontextprotocol-io/package-types.mdx),
or by building on the SDK and, at npm, having a program to start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from crawler.records import ListingStatus
from crawler.spiders.fields import mapping, text

_NPM_SDKS = frozenset({"@modelcontextprotocol/sdk", "@modelcontextprotocol/server", "fastmcp"})
_PYPI_SDKS = frozenset({"mcp", "fastmcp"})
_TAKEN_DOWN = "0.0.1-security"  # what npm puts in the place of a package that it removed for being malicious
_MCP_NAME = re.compile(r"mcp-name:\s{0,8}[\w.-]{1,200}/[\w.-]{1,200}", re.ASCII)
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_REPOSITORY_LABELS = ("repository", "source", "source code", "code", "github", "homepage")


def npm_details(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a version's document at npm says."""
    builds_on_sdk = bool(_NPM_SDKS & mapping(metadata.get("dependencies")).keys())
    taken_down = metadata.get("version") == _TAKEN_DOWN
    deprecated = ListingStatus.DEPRECATED if metadata.get("deprecated") else ListingStatus.ACTIVE
    return {
        "version": metadata.get("version"),
        "description": metadata.get("description"),
        "repository_url": _repository(metadata.get("repository")),
        "website_url": metadata.get("homepage"),
        "is_server": bool(metadata.get("mcpName")) or taken_down or (builds_on_sdk and bool(metadata.get("bin"))),
        "status": ListingStatus.DELETED if taken_down else deprecated,
    }


def pypi_details(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a project's document at PyPI says."""
    info = mapping(metadata.get("info"))
    description = info.get("description")
    named = isinstance(description, str) and _MCP_NAME.search(description)
    addresses = {str(label).lower(): url for label, url in mapping(info.get("project_urls")).items()}
    return {
        "version": info.get("version"),
        "description": info.get("summary"),
        "repository_url": next(filter(None, map(addresses.get, _REPOSITORY_LABELS)), None),
        "website_url": info.get("home_page") or addresses.get("homepage"),
        "is_server": bool(named) or bool(_PYPI_SDKS & {*_requirements(info.get("requires_dist"))}),
        "status": ListingStatus.DEPRECATED if info.get("yanked") is True else ListingStatus.ACTIVE,
    }


def _requirements(requires: object) -> Iterator[str]:
    """The names of the packages that one requires (PEP 508), whatever the condition."""
    for requirement in requires if isinstance(requires, list) else ():
        if isinstance(requirement, str) and (name := _REQUIREMENT.match(requirement)):
            yield re.sub(r"[-_.]+", "-", name[0]).lower()


def _repository(value: object) -> str | None:
    """The web address in a repository's: `git+https://host/x.git`, or an object with that as its `url`."""
    address = text(mapping(value).get("url") or value)
    return address.removeprefix("git+").removesuffix(".git") if address else None


def quoted(name: str) -> str:
    """A package's name as one step of a path."""
    return quote(name, safe="@")

"""Names of packages as their registries spell them: what a record or a command line says, split into name and version.

Whatever is no plain name in that registry (a path, a git address, an alias, something that starts with a dash and would
be taken for an option) is no package.
"""

from __future__ import annotations

import re

from crawler.records import Need, Target, TargetKind, Transport
from crawler.spiders.fields import ADDRESS_LIMIT, version, web_address

_NAMES = {
    TargetKind.NPM: re.compile(r"(?:@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~][a-z0-9._~-]*", re.IGNORECASE | re.ASCII),
    TargetKind.PYPI: re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII),
    TargetKind.NUGET: re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?", re.IGNORECASE | re.ASCII),
    TargetKind.OCI: re.compile(r"[a-z0-9](?:[a-z0-9._-]*(?::\d+)?/)?[a-z0-9][a-z0-9._/-]*", re.IGNORECASE | re.ASCII),
}
_NAME_LIMIT = 214  # characters; npm's, the longest of them
_NPM = re.compile(r"(?P<name>@?[^@\s]+)(?:@(?P<version>[^\s:/]*))?")
_PYPI = re.compile(r"(?P<name>[^\s\[<>=!~@;]+)(?:\[[^]]*])?\s*(?:(?:===?|@)\s*(?P<version>[^\s:/,]+)|[<>!~].*)?")
_OCI = re.compile(r"(?P<name>[^@\s]+?)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?")
_SPECIFIERS = {TargetKind.NPM: _NPM, TargetKind.PYPI: _PYPI}


def package(
    kind: TargetKind,
    identifier: object,
    declared_version: object = None,
    *,
    transport: Transport = Transport.STDIO,
    needs: tuple[Need, ...] = (),
) -> Target | None:
    """The package of that name; `None` when the registry of that kind cannot have one of that name.

    An image carries its version in its name: the tag, or the digest where there is one.
    """
    if kind is TargetKind.MCPB:
        url = web_address(identifier)
        return Target(kind, transport, url, version(declared_version), needs) if url else None
    if not isinstance(identifier, str) or len(identifier) > ADDRESS_LIMIT:
        return None
    if kind is TargetKind.OCI:
        return _image(identifier, declared_version, transport, needs)
    name = identifier.strip()
    if len(name) > _NAME_LIMIT or not _NAMES[kind].fullmatch(name):
        return None
    return Target(kind, transport, name, version(declared_version), needs)


def specified(kind: TargetKind, specifier: str, needs: tuple[Need, ...]) -> Target | None:
    """The package that a command line names: `@scope/name@1.2`, `name==1.2`, `name[extra]>=1`, `host/image:tag`."""
    if kind is TargetKind.OCI:
        return package(kind, specifier, needs=needs)
    found = _SPECIFIERS[kind].fullmatch(specifier[:ADDRESS_LIMIT].strip())
    return package(kind, found["name"], found["version"], needs=needs) if found else None


def _image(reference: str, declared_version: object, transport: Transport, needs: tuple[Need, ...]) -> Target | None:
    found = _OCI.fullmatch(reference.strip())
    if not found or not _NAMES[TargetKind.OCI].fullmatch(found["name"]):
        return None
    return Target(
        TargetKind.OCI, transport, found["name"], found["digest"] or version(found["tag"] or declared_version), needs
    )

"""What npm and uv say of an install that failed, or that was made for another runtime, in one sentence of our own.

Knows neither how they are started nor what they left behind. Text of theirs that is not known here is quoted.
"""

from __future__ import annotations

import re

from crawler.introspector.budget import Stopped, one_line
from crawler.records import Reason, Target

_NPM_PREFIX = re.compile(r"^npm (?:error|ERR!) ?(?:code .*|errno .*|syscall .*|(?:404|notarget|403|401) )?")
_NPM_ABSENT = re.compile(r"'(?P<name>@?[^@'\s]+)@[^']*' (?:is not in this registry|could not be found)")
_NPM_NO_VERSION = re.compile(r"No matching version found for (?P<name>@?[^@\s]+)@")
_NPM_UNREACHABLE = re.compile(
    r"code (?:E50\d|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b"
)
_NPM_LOCAL = re.compile(
    r"Unsupported URL Type \"[a-z]+:\": (?P<kind>\S{1,100})"  # link:, portal:, workspace: of other package managers
    r"|ENOENT: no such file or directory, open '[^']*/(?P<file>[^'/]{1,100}\.(?:tgz|tar\.gz|tar))'"
)
_NPM_ENGINE = re.compile(
    r"package: '(?P<name>@?[^@']+)@[^']*',[^{]*required: \{[^}]*?node: '(?P<wants>[^']{1,60})'"
    r"[^{]*?\{[^}]*?node: 'v?(?P<has>[\d.]+)"
)
_UV_FRAME = re.compile(r"[╰─▶×│]+")
_UV_ABSENT = re.compile(
    r"(?P<name>(?<![\w.-])[\w.-]+) was not found in the (?:package registry|provided package locations)"
)
_UV_NO_VERSION = re.compile(r"there is no version of (?P<name>[\w.-]+?)(?:\[[^]]*])?==")
_UV_PYTHON = re.compile(
    r"current Python version \((?P<has>[\d.]+)\) does not satisfy Python(?P<wants>[^\s,]*(?:,[<>=!~][^\s,]+)*)"
    r"|requires Python ?(?P<asks>[<>=!~][^\s,]*(?:,[<>=!~][^\s,]+)*)"
)
_UV_WHEELLESS = re.compile(
    r"(?P<name>(?<![\w.-])[\w.-]+)(?:[=<>!,]\S*)? (?:(?:has|have) no usable wheels|(?:was|were) yanked)"
)
_UV_ELSEWHERE = re.compile(
    r"(?P<name>(?<![\w.-])[\w.-]+)(?:[=<>!,]\S*)? (?:has|have) no wheels with a matching"
    r" (?P<tag>platform|Python \w+) tag"
)
_UV_UNREACHABLE = re.compile(r"error sending request|dns error|HTTP status server error|operation timed out")

_ABSENT = "the registry has no package of this name, or none that anyone may install"


def npm_failure(said: str, target: Target) -> Stopped:
    """Return why npm installed nothing."""
    absent, no_version = _NPM_ABSENT.search(said), _NPM_NO_VERSION.search(said)
    if absent and absent["name"] == target.address:
        return Stopped(Reason.NOT_FOUND, _ABSENT)
    if no_version and no_version["name"] == target.address:
        return _no_version(target)
    if local := _NPM_LOCAL.search(said):
        return Stopped(Reason.INSTALL_FAILED, only_its_author_has(local["kind"] or local["file"]))
    errors = [line for line in said.splitlines() if line.startswith(("npm error", "npm ERR!"))]
    quoted = one_line(next(filter(None, (_NPM_PREFIX.sub("", line).strip() for line in errors)), ""))
    if _NPM_UNREACHABLE.search(said):
        return Stopped(Reason.UNREACHABLE, f"the registry could not be reached: {quoted}")
    return Stopped(Reason.INSTALL_FAILED, quoted or "npm ended with an error and said nothing")


def only_its_author_has(what: str) -> str:
    """Say of a package that it depends on something that lies in no registry."""
    return f"it depends on what only its author's machine has: {what}"


def npm_misfit(said: str, target: Target) -> str:
    """Return which Node the package itself asks for, when npm warned that this machine has another one; "" if not."""
    plain = " ".join(re.sub(r"^npm (?:warn|WARN) EBADENGINE", "", line).strip() for line in said.splitlines())
    for found in _NPM_ENGINE.finditer(plain):
        if found["name"] == target.address:
            return f"it asks for Node {found['wants']}, and this machine has {found['has']}"
    return ""


def uv_failure(said: str, target: Target) -> Stopped:
    """Return why uv installed nothing."""
    plain = " ".join(_UV_FRAME.sub(" ", said).split())
    for absent in _UV_ABSENT.finditer(plain):
        if _normalised(absent["name"]) == _normalised(target.address):
            return Stopped(Reason.NOT_FOUND, _ABSENT)
    if (found := _UV_NO_VERSION.search(plain)) and _normalised(found["name"]) == _normalised(target.address):
        return _no_version(target)
    if wanted := [*_UV_PYTHON.finditer(plain)]:
        wants = max((found["wants"] or found["asks"] for found in wanted), key=_numbers)
        return Stopped(
            Reason.NO_RUNTIME, f"it asks for Python {wants}, and this machine has {wanted[0]['has'] or 'another'}"
        )
    if found := _UV_ELSEWHERE.search(plain):
        if found["tag"] != "platform":
            return Stopped(Reason.NO_RUNTIME, f"{found['name']} has wheels for other versions of Python only")
        return Stopped(Reason.INSTALL_FAILED, f"{found['name']} has wheels for other platforms only")
    if _UV_UNREACHABLE.search(plain):
        return Stopped(Reason.UNREACHABLE, f"the registry could not be reached: {plain}")
    return Stopped(Reason.INSTALL_FAILED, plain or "uv ended with an error and said nothing")


def without_wheel(said: str) -> str | None:
    """Return the package, if it is one, of which uv says that it has no wheel that can be used here."""
    found = _UV_WHEELLESS.search(" ".join(_UV_FRAME.sub(" ", said).split()))
    return _normalised(found["name"]) if found else None


def _no_version(target: Target) -> Stopped:
    return Stopped(Reason.NOT_FOUND, f"the registry has no version {target.version} of the package")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)[:3]]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

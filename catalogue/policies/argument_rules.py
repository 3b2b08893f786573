"""Denials for arguments that need no placeholder: paths that climb out, and URLs that lead to a machine's inside.

Only for parameters that take text, and only where a signal's evidence says what the text is. The patterns use what
RE2, Go and Python read alike. A policy sees a URL's spelling and resolves no name: a public name that leads to a
private address is for the gateway's own network rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.policies.document import Denial, Operator, Predicate
from catalogue.policies.parameters import arguments_of, pointed_at, text_path
from catalogue.policies.place import shown
from classifier.verdict import Verdict

TRAVERSAL = r"(?i)(?:^|[/\\]|%2f|%5c)(?:\.|%2e){2}(?:[/\\]|%2f|%5c|$)"
"""A step `..` between separators of either kind, percent-encoded or not; `a..b` and `...` are names."""

_START = r"^[^!-~]*"
"""Readers of URLs drop what is blank or invisible before the scheme."""
_WEB = r"(?:https?:[/\\]*|[/\\]{2,})"
"""Where the host begins: readers accept any number of slashes of either kind after http:, and take // as one."""
_HOST_END = r"(?:[:/\\?#]|$)"
_AUTHORITY = r"[^/\\?#]*"

OTHER_SCHEME = (
    rf"(?i){_START}(?:[a-gi-z][a-z0-9+-]+|h(?:[a-su-z0-9+-][a-z0-9+-]*)?|ht(?:[a-su-z0-9+-][a-z0-9+-]*)?"
    r"|htt(?:[a-oq-z0-9+-][a-z0-9+-]*)?|http[a-rt-z0-9+-][a-z0-9+-]*|https[a-z0-9+-]+):"
)
"""A scheme of two letters or more other than http and https; RE2 has no look-ahead, so the rest is spelled out.
One letter is a Windows drive, and what has a dot is a host with its port."""

ODD_HOST = (
    r"(?i)[\x00-\x1f\x7f]"  # readers drop these, wherever they stand
    rf"|{_START}{_WEB}{_AUTHORITY}(?:[@%]|[^!-~])"  # sign-in data, escapes, look-alike letters and digits
    rf"|{_START}{_WEB}[^/?#]*\\"  # half of all readers end the host at a backslash
    rf"|{_START}{_WEB}\["  # IPv6, which can spell any IPv4 address
)
"""A host that two readers may understand differently."""

_NUMBER = r"(?:0x[0-9a-f]*|[0-9]+)"
_LABEL = r"[^/\\?#:@.\[\]]+"
_PRIVATE_V4 = (
    rf"{_NUMBER}(?:\.{_NUMBER}){{0,2}}"  # 127.1 and 2130706433 are 127.0.0.1
    rf"|(?:{_NUMBER}\.){{0,3}}(?:0x[0-9a-f]*|0[0-9]+)(?:\.{_NUMBER}){{0,3}}"  # so are 0x7f.0.0.1 and 0177.0.0.1
    r"|(?:0|10|127|22[4-9]|2[3-5][0-9])(?:\.[0-9]+){3}"
    r"|(?:169\.254|192\.168|192\.0\.0|198\.1[89]|172\.(?:1[6-9]|2[0-9]|3[01]))(?:\.[0-9]+){1,2}"
    r"|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])(?:\.[0-9]+){2}"
    r"|168\.63\.129\.16"  # Azure's metadata service has a public address
)
"""What the registry of special-purpose IPv4 addresses (RFC 6890) keeps from the public, multicast and up."""
_PRIVATE_NAME = (
    rf"(?:{_LABEL}\.)*localhost|(?:{_LABEL}\.)+(?:local|localdomain|internal|intranet|lan|corp|home|home\.arpa)"
)

PRIVATE_HOST = (
    rf"(?i){_START}{_WEB}?(?:{_AUTHORITY}@)?(?:{_PRIVATE_V4}|{_PRIVATE_NAME})\.?{_HOST_END}"
    rf"|{_START}{_WEB}{_LABEL}\.?{_HOST_END}"  # a name without a dot is one of the local network
)
"""Loopback, private, link-local and metadata hosts, by address or by name; the scheme may be missing."""


@dataclass(frozen=True, slots=True)
class ArgumentRule:
    """One denial of a tool's rule, and the sentence that says why it is there."""

    denial: Denial
    reason: str


def argument_rules(definition: Mapping[str, Any], verdict: Verdict) -> tuple[tuple[ArgumentRule, ...], tuple[str, ...]]:
    """The rules for a tool's arguments, and a sentence for each parameter that would need one and cannot have it."""
    rules: list[ArgumentRule] = []
    gaps: list[str] = []
    signals = [(signal, _GUARDS[signal.id]) for signal in verdict.signals if signal.id in _GUARDS]
    arguments = arguments_of(definition) if signals else ()
    for signal, guard in signals:
        for argument in pointed_at(arguments, (evidence.pointer for evidence in signal.evidence)):
            name, path = shown(argument.parameter.path), text_path(definition, argument)
            if path and not argument.parameter.enum:
                rules += guard(path, name)
            elif not path:
                gaps.append(
                    f"No rule checks {name}: its schema allows more than text, or its name has a dot or a bracket."
                )
    return tuple(dict.fromkeys(rules)), tuple(dict.fromkeys(gaps))


def _path_rules(path: str, name: str) -> list[ArgumentRule]:
    reason = f"{name} takes a file path: steps upwards (..) are denied, so that a call stays below where it starts."
    return [_rule(path, TRAVERSAL, "Paths must not contain the step .. upwards.", reason)]


def _url_rules(path: str, name: str) -> list[ArgumentRule]:
    return [
        _rule(
            path,
            OTHER_SCHEME,
            "Only http and https URLs are allowed.",
            f"{name} takes a URL: schemes such as file: reach beyond the web, so only http and https pass.",
        ),
        _rule(
            path,
            ODD_HOST,
            "The host of the URL must be spelled plainly: no sign-in data, escapes, backslashes or brackets.",
            f"{name} takes a URL: a host spelled so that programs read it differently is denied.",
        ),
        _rule(
            path,
            PRIVATE_HOST,
            "URLs of loopback, private, link-local and metadata hosts are not allowed.",
            f"{name} takes a URL: hosts of the machine, its network and its cloud's metadata service are denied.",
        ),
    ]


def _rule(path: str, pattern: str, on_deny: str, reason: str) -> ArgumentRule:
    return ArgumentRule(Denial((Predicate(path, Operator.REGEX, pattern),), on_deny), reason)


_GUARDS: Mapping[str, Callable[[str, str], list[ArgumentRule]]] = {"filesystem": _path_rules, "network": _url_rules}
"""By the signal whose evidence names the parameter."""

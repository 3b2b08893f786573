"""Guards for URLs: only the web, no host that programs read differently, none of a machine's inside, listed hosts.

The patterns use what RE2, Go and Python read alike. A policy sees a URL's spelling and resolves no name: a public name
that leads to a private address is for the gateway's own network rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.policies.complement import unless_prefix
from catalogue.policies.document import Denial
from catalogue.policies.guards.guard import Guard, Subject, gap, pattern_denial
from catalogue.policies.place import shown
from catalogue.policies.placeholders import Blank, unfilled_denial

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


def url_guards(subject: Subject) -> Iterator[Guard]:
    """Guards for the arguments that name what is fetched."""
    for argument in subject.pointed_at("network"):
        name, path = shown(argument.parameter.path), subject.text_at(argument)
        if path:
            yield from _web_only(path, name)
        elif not argument.parameter.enum:
            yield gap(argument)
        if path and subject.full and not subject.reads:
            yield Guard(
                f"{name} says where a call that does more than read goes: only listed hosts.",
                deny_if=(_host(subject, path),),
            )


def _web_only(path: str, name: str) -> Iterator[Guard]:
    yield Guard(
        f"{name} takes a URL: schemes such as file: reach beyond the web, so only http and https pass.",
        deny_if=(pattern_denial(path, OTHER_SCHEME, "Only http and https URLs are allowed."),),
    )
    plainly = "The host of the URL must be spelled plainly: no sign-in data, escapes, backslashes or brackets."
    yield Guard(
        f"{name} takes a URL: a host spelled so that programs read it differently is denied.",
        deny_if=(pattern_denial(path, ODD_HOST, plainly),),
    )
    public = "URLs of loopback, private, link-local and metadata hosts are not allowed."
    yield Guard(
        f"{name} takes a URL: hosts of the machine, its network and its cloud's metadata service are denied.",
        deny_if=(pattern_denial(path, PRIVATE_HOST, public),),
    )


def _host(subject: Subject, path: str) -> Denial:
    hosts = [host.lower() for host in subject.filling.host]
    if not hosts:
        return unfilled_denial(Blank.HOST, path)
    begin = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return pattern_denial(path, "(?i)" + unless_prefix(begin, "/?#:"), f"URLs must lead to {' or '.join(hosts)}.")

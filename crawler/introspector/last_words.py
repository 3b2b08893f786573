"""What a process says when it gives up: the line that tells most, and what kind of failure it speaks of.

Knows no package and no protocol. The text is a stranger's and may be long: each line is looked at once, and shortened.
"""

from __future__ import annotations

import re

_LONGEST_LINE = 1_000
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_FRAME = re.compile(
    r"at |File [\"']|Node\.js v|node:|\^|\||throw |raise |During handling|The above exception|For further information"
    r"|[\"']?[a-z_]\w*[\"']?: ?[\[{]+$|(?:const|let|var|return|import|from|await|if) |npm (?:notice|warn)|Traceback"
)
"""How lines of a stack, and of the code in it, begin."""

_EXCEPTION = re.compile(r"(?:[\w.\[\]]+ )?(?:\w+\.)*\w*(?:Error|Exception|Fault|ERROR)(?: \[\w+\])?: ?\S", re.ASCII)
_SPEAKS_OF_FAILURE = re.compile(r"error|fail|fatal|invalid|cannot|could not|unable|exception", re.IGNORECASE)
_LOG = re.compile(r"\b(?:INFO|DEBUG|WARN|WARNING|TRACE|info|debug|warn|warning)\b")
_PREFIX = re.compile(r"(?:\[[^\]]{0,10}\d{4}-[^\]]{1,60}\]|\[?\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-][\d:]+)?\]?)[ :-]*")
"""A log's time at the beginning of a line: without it, the same failure is the same text tomorrow."""

_OPENS = re.compile(r"[\[{(:]\s*$")
_NESTED_MESSAGE = re.compile(r"""["']?(?:message|_errors)["']?: ?\[? ?["'`]([^"'`]{3,200})["'`]""")
_NESTED_NAME = re.compile(
    r"""["']?path["']?: ?\[? ?["'`]?([\w.]{1,60})|^["']?([A-Z][A-Z0-9]*_[A-Z0-9_]{1,60})["']?: ?\{"""
)
_BELOW = 12
"""Lines below a heading that may say what it speaks of."""

_THING = (
    r"(?:(?:api|access|auth|secret)?[ _-]?keys?|tokens?|pat|secrets?|credentials?|passwords?|variables?|config\w*"
    r"|settings?|arguments?|parameters?|options?|flags?|urls?|connection[ ]strings?|accounts?|projects?|workspaces?"
    r"|director(?:y|ies)|paths?|folders?|files?|sessions?|subcommands?|login|authentication|environment)"
)
_REFUSES = re.compile(
    rf"""
    \bmissing\b(?!\s+(?:dependenc|module|package|peer|export|\d+\ required))
    | \brequired\b(?!\ by) | \brequires?\ (?:an?|the|one|at\ least|you|your)\b | \brequires\ \S*\ ?{_THING}\b
    | \bmust\ (?:be|set|provide|specify|pass|define|give|supply|configure|include|have|start|begin|match|contain)\b
    | \b(?:not|never|n['’]t)\ (?:been\ |be\ |properly\ |yet\ )*
      (?:set|provided?|specif\w+|configured?|defined?|supplied|given|authenticated|authorized|logged\ in|signed\ in)\b
    | \b(?:no|without|invalid|incorrect|empty|unset|undefined|expired)\ (?:valid\ )?(?:[\w'-]+\ ){{0,3}}{_THING}\b
    | \binvalid\ number\ of\ arguments | \btoo\ few\ arguments | \bexpected\ (?:at\ least\ )?\d+\ arguments?
    | \bplease\ (?:first\ |make\ sure\ |ensure\ )?(?:set|provide|specify|place|configure|log\ ?in|sign\ in|authenticate
      |authorize|pass|supply|define|add|create|export|run|check\ (?:your|the))\b
    | \byou\ (?:need|have|must)\ (?:to\ )?(?:set|provide|specify|pass|log\ ?in|authenticate|configure|supply|create)\b
    | \bneeds?\ (?:an?|the|your|to\ be\ set)\b.{{0,40}}\b{_THING}\b
    | \b{_THING}\b(?:\ [\w.'"-]+){{0,4}}
      \ (?:not\ found|is\ empty|cannot\ be\ empty|is\ invalid|does\ not\ exist|unavailable)
    | \b(?:could\ not|cannot|can['’]t|unable\ to|failed\ to|didn['’]t)
      \ (?:find|load|read|locate|determine|resolve|parse|get)
      \ (?:[\w'"-]+\ ){{0,4}}{_THING}\b
    | \bKeyError:\ ['"][A-Z][A-Z0-9_]+['"] | \bField\ required\b | \binvalid_(?:type|auth|grant|client)\b
    | \bvalidation\ (?:failed|errors?)\b | \bauthentication\ (?:failed|required)\b | \bunauthori[sz]ed\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MENTIONS = re.compile(
    r"\b(?:usage:|api[ _-]?key|environment variable|env var|credentials?\b|access token)", re.IGNORECASE
)
_BROKEN = re.compile(
    r"\b(?:ModuleNotFoundError|ImportError|SyntaxError|ReferenceError|NameError|AttributeError|IndentationError)\b"
    r"|ERR_MODULE_NOT_FOUND|ERR_REQUIRE_ESM|ERR_UNKNOWN|Cannot find (?:module|package)|does not provide an export"
    r"|argument must be of type|missing \d+ required (?:positional|keyword)|requireStack"
)
_NETWORK = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|getaddrinfo|name resolution|Name or service not known"
    r"|nodename nor servname|Network is unreachable|fetch failed|Failed to resolve|NameResolutionError|ConnectError"
    r"|Connection ?(?:refused|Refused|Error)|ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED|Max retries exceeded"
    r"|(?:could not|cannot|unable to|failed to) (?:connect|reach)|connection attempts failed|ServerSelectionTimeout"
    r"|dns error|network (?:error|request failed)",
    re.IGNORECASE,
)
_NEWER_RUNTIME = re.compile(
    r"requires? (?:at least )?(?:Node(?:\.js)?|Python)(?: version)? ?[v>=]* ?\d"
    r"|(?:Node(?:\.js)?|Python) v?>?=?\d[\d.]* or"
    r"|ERR_UNKNOWN_BUILTIN_MODULE|No such built-in module|markAsUncloneable is not a function"
    r"|(?:Promise\.(?:withResolvers|try)|getBuiltinModule|Object\.groupBy|Array\.fromAsync|\.toSorted|\.isSubsetOf"
    r"|RegExp\.escape|styleText|loadEnvFile) is not a function"
    r"|(?:File|CustomEvent|WebSocket|Iterator|navigator) is not defined"
    r"|cannot import name '\w+' from '(?:typing|datetime|enum|asyncio|warnings|itertools)'"
)
_SDK = re.compile(
    r"\bmcp\.(?:server|types|client|shared)|\bfastmcp\b|@modelcontextprotocol/sdk|from 'mcp'|\bmcp 2\b", re.IGNORECASE
)


_CLOSED_REQUESTS = re.compile(r"\bvalidation errors? for ClientRequest\b")
"""What pydantic says of a request that is none of those that the SDK has a class for."""


def lines_of(text: str) -> list[str]:
    """Return the lines without colours, frames and indents, each shortened."""
    return [_ESCAPE.sub("", line).strip(" \t\r│┃|")[:_LONGEST_LINE] for line in text.splitlines()]


def telling_line(text: str) -> str:
    """Return the line that says most: a refusal or an exception's message rather than a frame or a lone bracket."""
    lines = lines_of(text)
    places = [place for place, line in enumerate(lines) if _letters(line) >= 3 and not _FRAME.match(line)]
    if not places:
        return ""
    best = max(places, key=lambda place: (_weight(lines[place]), place))
    return _with_what_it_heads(lines, best)


def refuses(line: str) -> bool:
    """Tell whether a line says that something is missing or wrong that whoever starts the process should give it."""
    return bool(_REFUSES.search(line)) and not _BROKEN.search(line)


def lacks(line: str) -> bool:
    """Tell whether the last line of a process that ended says that it was not given what it needs."""
    return not _BROKEN.search(line) and bool(_REFUSES.search(line) or _MENTIONS.search(line))


def ends_at_a_question(line: str) -> bool:
    """Tell whether an early Python SDK (1.0) ended because it was asked something that it did not know."""
    return bool(_CLOSED_REQUESTS.search(line))


def wants_network(line: str) -> bool:
    """Tell whether a line says that something could not be reached."""
    return bool(_NETWORK.search(line)) and not _BROKEN.search(line)


def wants_newer_runtime(line: str) -> bool:
    """Tell whether a line is what a program says on an interpreter older than it was written for."""
    return bool(_NEWER_RUNTIME.search(line))


def blames_sdk(line: str) -> bool:
    """Tell whether a line says that the SDK is not the one that the program was written for."""
    return bool(_SDK.search(line)) and bool(_BROKEN.search(line))


def _weight(line: str) -> int:
    weight = 3 * bool(_EXCEPTION.match(line)) + 2 * refuses(line)
    weight += bool(_SPEAKS_OF_FAILURE.search(line)) + (line.count(" ") >= 2)
    weight -= 2 * bool(_NESTED_NAME.search(line) or _NESTED_MESSAGE.search(line))
    return weight - 2 * bool(_LOG.search(line)) - line.startswith(("-", "{", "}", "[", '"', "'"))


def _with_what_it_heads(lines: list[str], place: int) -> str:
    """Add to a heading what stands below it: a validator's list of names and messages, or its first line."""
    line = _PREFIX.sub("", lines[place])
    below = [entry for entry in lines[place + 1 : place + 1 + _BELOW] if entry]
    if "validation error" in line:
        return " ".join([line.rstrip(":"), *(re.sub(r"\[type=.*", "", entry).strip() for entry in below[:2])])
    if not _OPENS.search(line):
        return line
    names = [next(filter(None, found.groups())) for entry in _joined(below) if (found := _NESTED_NAME.search(entry))]
    messages = [found[1] for entry in below if (found := _NESTED_MESSAGE.search(entry))]
    if names or messages:
        return " ".join([line.rstrip(" :[{(") + ":", *names[:3], *messages[:1]])
    plain = [entry for entry in below[:1] if _letters(entry) >= 3 and not _FRAME.match(entry)]
    return " ".join([line, *plain]) if line.endswith(":") else _OPENS.sub("", line).rstrip()


def _joined(lines: list[str]) -> list[str]:
    """Put a list that opens at a line's end, and its first entry, on one line."""
    return [
        f"{line} {following}" if line.endswith("[") else line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    ]


def _letters(line: str) -> int:
    return sum(map(str.isalpha, line))

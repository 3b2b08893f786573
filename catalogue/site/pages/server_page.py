"""The context of a server's page: what it is, how to reach it, its tools, its policy. Pure; knows no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from catalogue.flows import Flow
from catalogue.site import urls
from catalogue.site.addresses import Addresses
from catalogue.site.command import command
from catalogue.site.context import (
    CATEGORY_ABOUT,
    Bar,
    Crumb,
    Entry,
    Slice,
    category_bars,
    counted,
    day,
    label,
    listed,
    minute,
    slice_of,
    tools_in_words,
)
from catalogue.site.grade import GRADE_ABOUT, UNGRADED, RiskGrade, grade_of
from catalogue.site.marks import Quoted, inert, quote
from catalogue.site.outcomes import attempt_words, outcome_words
from catalogue.site.pages.advice import ServerAdvice
from catalogue.site.pages.flow_page import FlowView, flow_view
from catalogue.site.pages.publisher_page import PublisherLink, publisher_links
from catalogue.values import IntrospectionRow, ListingRow, ServerRow, TargetRow
from classifier.verdict import Category, Severity
from crawler.records import Need, SignIn, TargetKind

_WINDOW = 200_000
"""Tokens of the context window that the cost is compared with: that of the common large models of 2026."""

_MOST_TEXTS = 12
"""Scopes, or servers to sign in at, that the page names; its JSON twin has all."""

_INSTALLED_SHOWN = 60
"""Installed packages that the page names; most servers have fewer, or far more than anyone reads."""


@dataclass(frozen=True, slots=True)
class ListingView:
    """Where the server is listed. `link` is the address to look at, "" when it is no web address."""

    source: str
    source_path: str
    id: str
    version: str
    status: str
    fetched: str
    link: str


@dataclass(frozen=True, slots=True)
class NeedView:
    """Something a target wants before it starts: what kind, its name, and in words whether and what."""

    kind: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class TargetView:
    """One way to reach the server, and how the last attempt went.

    `ok` is true when it listed its tools, false when it did not, `None` when it was never tried. `facts` are (label,
    value) lines about the attempt. `malformed` are sentences about list entries that are no tools.
    """

    address: str
    kind: str
    transport: str
    link: str
    needs: tuple[NeedView, ...]
    ok: bool | None
    outcome: str
    facts: tuple[tuple[str, str], ...]
    malformed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Estimated tokens of all definitions, their share of a context window in per cent, and the heaviest tools."""

    tokens: int
    window: int
    percent: float
    heaviest: tuple[tuple[Entry, int], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The tools of one category on this page of the server; `known` says how many the server has in all."""

    category: Category
    about: str
    known: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """The paths of the files for machines that a server's page has beside it; `data` is "" without tools."""

    markdown: str
    card: str
    badge: str
    atom: str
    feed: str
    data: str


@dataclass(frozen=True, slots=True)
class ServerPage:
    """Everything on one page of a server; parts that only the first page has are empty on the others."""

    path: str  # of the HTML page
    twin: str  # of the JSON twin
    policy_path: str  # of the policy's own file; "" for a server without tools
    policy_page: str  # that says what the policy does; "" for a server without tools
    beside: Beside
    crumbs: tuple[Crumb, ...]
    name: str  # one safe line
    title: str  # as claimed, "" if none
    description: str  # of the page, for search engines
    claim: Quoted  # the server's own description
    version: str
    repository: str  # an http(s) address, or ""
    website: str  # the same
    withdrawn: bool
    severity: Severity | None  # the highest of its tools; None without tools
    grade: RiskGrade | None  # the same
    summary: str  # one sentence: how many tools, what they can do at worst
    listed_none: bool  # whether it was asked for its tools, and has none
    known: str  # how many tools it listed, and how many are only declared
    bars: tuple[Bar, ...]  # by category, the tools that it listed
    declared_bars: tuple[Bar, ...]  # the same of those that only records declare
    groups: tuple[Group, ...]
    slice: Slice
    publishers: tuple[PublisherLink, ...]
    listings: tuple[ListingView, ...]
    targets: tuple[TargetView, ...]
    instructions: Quoted | None  # what the server tells every model that connects
    cost: Cost | None
    together: FlowView | None  # what its tools can do together; None with less than two legs of a flow
    advice: ServerAdvice | None
    policy_command: str  # that prints the policy
    first_seen: str
    last_seen: str
    row: ServerRow  # for the twin
    flow: Flow  # the same

    @property
    def card(self) -> str:
        """The picture for links to the page."""
        return self.beside.card

    @property
    def grade_about(self) -> str:
        """What the grade says, or why there is none."""
        return GRADE_ABOUT[self.grade] if self.grade else UNGRADED


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a server when its pages are made: `weights` are the tokens of `entries`, in their order."""

    row: ServerRow
    entries: Sequence[Entry]
    weights: Sequence[int]
    advice: ServerAdvice | None
    flow: Flow
    addresses: Addresses


def server_pages(known: Known) -> list[ServerPage]:
    """Make the contexts of a server's pages, at least one."""
    order = list(CATEGORY_ABOUT)
    ordered = sorted(known.entries, key=lambda entry: order.index(entry.category))
    paths = known.addresses.pages(known.row.name, len(ordered))
    cost = _cost(known.entries, known.weights)
    return [_page(known, path, paths, ordered, cost) for path in paths]


def _page(known: Known, path: str, paths: Sequence[str], entries: Sequence[Entry], cost: Cost | None) -> ServerPage:
    row, advice, flow, addresses = known.row, known.advice, known.flow, known.addresses
    name = inert(row.name, 160)
    part = slice_of(len(entries), addresses.split, path, paths)
    listed_none = not entries and any(_is_empty(target) for target in row.targets)
    nothing = "it listed no tools." if listed_none else "none of its tools are known."
    summary = "withdrawn by every source that named it." if row.withdrawn else _summary(entries) or nothing
    return ServerPage(
        path=path,
        twin=addresses.server_twin(row.name, path),
        policy_path=addresses.server_policy(row.name) if advice else "",
        policy_page=addresses.policy_place(row.name) if advice else "",
        beside=_beside(row.name, path, bool(advice)),
        crumbs=(Crumb(urls.servers(), "Servers"), Crumb("", name)),
        name=name,
        title=inert(row.title or "", 160),
        description=f"{name}: {summary}",
        claim=quote(row.description, longest=4000),
        version=inert(row.version or "", 60),
        repository=web(row.repository_url),
        website=web(row.website_url),
        withdrawn=row.withdrawn,
        severity=max((entry.severity for entry in entries), key=list(Severity).index, default=None),
        grade=grade_of(entries, flow.state),
        summary=summary,
        listed_none=listed_none,
        known=tools_in_words(sum(not entry.declared for entry in entries), sum(entry.declared for entry in entries)),
        bars=_bars(entry for entry in entries if not entry.declared),
        declared_bars=_bars(entry for entry in entries if entry.declared),
        groups=_groups(entries[part.first - 1 : part.last] if entries else (), entries),
        slice=part,
        publishers=publisher_links(row, addresses),
        listings=tuple(_listing(listing) for listing in row.listings),
        targets=tuple(_target(target) for target in row.targets),
        instructions=_instructions(row),
        cost=cost,
        together=flow_view(flow, partial(addresses.tool, row.name, tools=len(entries))),
        advice=advice,
        policy_command=command("policy recommend", row.name),
        first_seen=day(row.first_seen),
        last_seen=day(row.last_seen),
        row=row,
        flow=flow,
    )


def _bars(entries: Iterable[Entry]) -> tuple[Bar, ...]:
    return category_bars(Counter(entry.category for entry in entries), linked=False)


def _beside(name: str, page: str, tools: bool) -> Beside:
    return Beside(
        markdown=urls.markdown_twin(page),
        card=urls.server_card(name),
        badge=urls.server_badge(name),
        atom=urls.server_atom(name),
        feed=urls.server_feed(name),
        data=urls.server_data(name) if tools else "",
    )


def _is_empty(target: TargetRow) -> bool:
    """Whether the target's latest attempt listed everything, and that was nothing."""
    latest = target.latest
    return latest is not None and latest.outcome == "introspected" and latest.complete and not latest.tools


def _summary(entries: Sequence[Entry]) -> str:
    sentences = []
    for what, declared in (("tool", False), ("declared tool, not confirmed", True)):
        counts = Counter(entry.category for entry in entries if entry.declared is declared)
        parts = [f"{counts[category]:,} {label(category)}" for category in CATEGORY_ABOUT if counts[category]]
        if parts:
            plural = what.replace("tool", "tools")
            sentences.append(f"{counted(counts.total(), what, plural)}: {listed(parts)}.")
    return " ".join(sentences)


def _groups(shown: Sequence[Entry], entries: Iterable[Entry]) -> tuple[Group, ...]:
    counts = Counter((entry.category, entry.declared) for entry in entries)
    groups = []
    for category, about in CATEGORY_ABOUT.items():
        mine = tuple(entry for entry in shown if entry.category is category)
        if mine:
            known = tools_in_words(counts[category, False], counts[category, True])
            groups.append(Group(category, about, known, mine))
    return tuple(groups)


def _cost(entries: Sequence[Entry], weights: Sequence[int]) -> Cost | None:
    if not entries:
        return None
    heaviest = sorted(zip(entries, weights, strict=True), key=lambda pair: -pair[1])[:3]
    total = sum(weights)
    return Cost(total, _WINDOW, round(100 * total / _WINDOW, 1), tuple(heaviest))


def _listing(row: ListingRow) -> ListingView:
    return ListingView(
        source=inert(row.source, 60),
        source_path=urls.source(row.source),
        id=inert(row.source_id, 200),
        version=inert(row.version or "", 60),
        status=inert(row.status, 40),
        fetched=minute(row.fetched_at),
        link=web(row.fetched_from),
    )


def _target(row: TargetRow) -> TargetView:
    target, latest = row.target, row.latest
    return TargetView(
        address=inert(str(target), 300),
        kind=target.kind.value,
        transport=target.transport.value,
        link=web(target.address) if target.kind is TargetKind.REMOTE else "",
        needs=tuple(_need(need) for need in target.needs),
        ok=latest.outcome == "introspected" if latest else None,
        outcome=outcome_words(latest.outcome if latest else "never-tried"),
        facts=_attempt_facts(latest) if latest else (),
        malformed=tuple(
            f"Entry {index + 1} of its list is no tool: {inert(why, 200)}" for index, why, _ in latest.malformed[:10]
        )
        if latest
        else (),
    )


def _need(need: Need) -> NeedView:
    kinds = {
        "env": "environment variable",
        "header": "header",
        "argument": "argument",
        "variable": "address variable",
        "extra": "extra",
        "command": "command",
        "checksum": "SHA-256",
    }
    parts = ["required" if need.required else "optional", *(["secret"] if need.secret else [])]
    about = f": {inert(need.description, 200)}" if need.description else ""
    return NeedView(kinds[need.kind], inert(need.name or need.value or "positional", 80), ", ".join(parts) + about)


def _attempt_facts(row: IntrospectionRow) -> tuple[tuple[str, str], ...]:
    info = row.server_info
    named = " ".join(str(info[key]) for key in ("name", "version") if isinstance(info.get(key), str))
    facts = (
        ("Asked at", minute(row.started_at)),
        ("Took", f"{timedelta(seconds=row.duration).total_seconds():.1f} s"),
        ("Detail", inert(row.detail, 400)),
        ("Protocol revision", inert(row.protocol_version or "", 40)),
        ("Calls itself", inert(named, 120)),
        ("Attempt", attempt_words(row.attempt) if row.command else ""),
        ("Command", inert(row.command, 400)),
        ("Installed version", inert(row.resolved or "", 80)),
        ("Installed with it", _installed_with(row)),
        ("Listed", _extent(row)),
        ("Holds for", "possibly only whoever asks (cacheScope private)" if row.private else ""),
        *(_sign_in_facts(row.sign_in) if row.sign_in else ()),
    )
    return tuple((name, value) for name, value in facts if value)


def _installed_with(row: IntrospectionRow) -> str:
    """Return the packages that were there when it listed its tools; the open data has all of a long list."""
    more = len(row.installed) - _INSTALLED_SHOWN
    return inert(", ".join(row.installed[:_INSTALLED_SHOWN]), 2000) + (f" and {more} more" if more > 0 else "")


def _sign_in_facts(said: SignIn) -> tuple[tuple[str, str], ...]:
    return (
        ("Sign-in", inert(said.scheme, 40)),
        ("Sign-in servers", _some(said.authorization_servers)),
        ("Scopes", _some(said.scopes)),
        ("Sign-in metadata", inert(said.metadata_url, 300)),
    )


def _some(texts: Sequence[str]) -> str:
    """Return the first of what may be many texts of a stranger."""
    more = (f"and {len(texts) - _MOST_TEXTS:,} more",) if len(texts) > _MOST_TEXTS else ()
    return ", ".join((*(inert(text, 200) for text in texts[:_MOST_TEXTS]), *more))


def _extent(row: IntrospectionRow) -> str:
    if row.outcome != "introspected":
        return ""
    end = "complete" if row.complete else "incomplete: the budget ended first"
    return f"{counted(row.tools, 'tool')} on {counted(row.pages, 'page')}, {end}"


def _instructions(row: ServerRow) -> Quoted | None:
    texts = [target.latest.instructions for target in row.targets if target.latest and target.latest.instructions]
    return quote(texts[0], longest=4000) if texts else None


def web(address: str | None) -> str:
    """Return an address that is safe to link to: http or https, on one line, without hidden characters; else ""."""
    if not address or not address.lower().startswith(("http://", "https://")) or len(address) > 500:
        return ""
    return address if inert(address) == address and not any(char.isspace() for char in address) else ""

"""The figures of the whole catalogue, each by a named query whose text is published beside it. Writes nothing.

Who has counted a figure already, in the same transaction, gives its rows and its query is not run.

The queries are written in SQL and not in SQLAlchemy's language, because readers are to run them themselves. What stands
in braces is put in from `_COMMON`, and from `_WORDS` where SQLite and PostgreSQL say it differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from catalogue import spans
from catalogue.values import Statistic
from classifier.claims import HINTS

_WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "signals of v": "json_each(v.body, '$.signals') AS signal",
        "wire of d": "d.wire",
        "month of c": "substr(c.since, 1, 7)",
    },
    "postgresql": {
        "signals of v": "json_array_elements(v.body::json -> 'signals') AS signal(value)",
        "wire of d": "d.wire::json",
        "month of c": "to_char(c.since AT TIME ZONE 'UTC', 'YYYY-MM')",
    },
}

_COMMON: Mapping[str, str] = {
    "with current": """\
WITH current AS (  -- tools that servers have now, of servers that a source still lists
  SELECT t.* FROM tools t
  WHERE t.removed_at IS NULL
    AND EXISTS (SELECT 1 FROM listings l WHERE l.server_id = t.server_id AND l.status <> 'deleted')
)""",
    "with claimed": """\
WITH claimed AS (  -- targets that an active listing names
  SELECT t.* FROM targets t
  WHERE EXISTS (
    SELECT 1 FROM claims c JOIN listings l ON l.id = c.listing_id
    WHERE c.target_id = t.id AND l.status <> 'deleted')
)""",
    "judged": "current t JOIN verdicts v ON v.definition = t.definition AND v.ruleset = :ruleset",
    "states a hint": "\n              OR ".join(
        f"CAST({{wire of d}} -> 'annotations' -> '{hint}' AS text) IN ('true', 'false')" for hint in HINTS
    ),
    "span of a definition": spans.OF_A_DEFINITION.sql("tokens"),
    "span of a server": spans.OF_A_SERVER.sql("tokens"),
}
"""What several queries have in common."""

QUERIES: Mapping[str, str] = {
    "servers-by-state": """\
SELECT CASE WHEN EXISTS (SELECT 1 FROM listings l WHERE l.server_id = s.id AND l.status <> 'deleted')
            THEN 'listed' ELSE 'withdrawn' END AS key, count(*)
FROM servers s GROUP BY 1 ORDER BY 1""",
    "tools-by-standing": """\
{with current}
SELECT t.standing AS key, count(*) FROM current t GROUP BY 1 ORDER BY 1""",
    "tools-by-category": """\
{with current}
SELECT v.category AS key, count(*) FROM {judged}
GROUP BY 1 ORDER BY 1""",
    "tools-by-severity": """\
{with current}
SELECT v.severity AS key, count(*) FROM {judged}
GROUP BY 1 ORDER BY 1""",
    "tools-by-signal": """\
{with current}
SELECT signal.value ->> 'id' AS key, count(*)
FROM {judged}, {signals of v}
GROUP BY 1 ORDER BY 1""",
    # In our compact JSON no quotation mark of a stranger is bare, so the patterns say what the JSON says.
    "tools-by-hints": """\
{with current}
SELECT CASE WHEN d.wire NOT LIKE '%Hint":%' THEN 'missing'
            WHEN v.body LIKE '%{"id":"annotation-conflict"%' THEN 'contradicted'
            WHEN {states a hint}
            THEN 'stated' ELSE 'missing' END AS key, count(*)
FROM {judged} JOIN definitions d ON d.digest = t.definition
GROUP BY 1 ORDER BY 1""",
    "definitions-by-tokens": """\
{with current}
SELECT {span of a definition} AS key, count(*)
FROM (SELECT (length(d.wire) + 3) / 4 AS tokens
      FROM current t JOIN definitions d ON d.digest = t.definition) AS sizes
GROUP BY 1 ORDER BY 1""",
    "servers-by-tokens": """\
{with current}
SELECT {span of a server} AS key, count(*)
FROM (SELECT t.server_id, sum((length(d.wire) + 3) / 4) AS tokens
      FROM current t JOIN definitions d ON d.digest = t.definition GROUP BY t.server_id) AS sizes
GROUP BY 1 ORDER BY 1""",
    "targets-by-kind": """\
{with claimed}
SELECT t.kind AS key, count(*) FROM claimed t GROUP BY 1 ORDER BY 1""",
    "targets-by-outcome": """\
{with claimed}
SELECT coalesce(t.outcome, 'never-tried') AS key, count(*) FROM claimed t GROUP BY 1 ORDER BY 1""",
    "targets-by-protocol-revision": """\
{with claimed}
SELECT coalesce(i.protocol_version, 'not stated') AS key, count(*)
FROM claimed t JOIN introspections i ON i.id = (
  SELECT max(j.id) FROM introspections j WHERE j.target_id = t.id AND j.outcome = 'introspected')
GROUP BY 1 ORDER BY 1""",
    "changes-by-month": """\
SELECT {month of c} AS key, count(*)
FROM changes c
JOIN tools t ON t.id = c.tool_id
JOIN (SELECT server_id, min(first_seen) AS listed FROM tools GROUP BY server_id) f ON f.server_id = t.server_id
WHERE c.since > f.listed
GROUP BY 1 ORDER BY 1""",
}
"""Every query by its name, which stays the same from build to build, as do the keys that it counts by."""


_NOTHING: Mapping[str, Mapping[str, int]] = {}


def read_statistics(
    session: Session, ruleset: str, counted: Mapping[str, Mapping[str, int]] = _NOTHING
) -> Iterator[Statistic]:
    """Run all queries but those of `counted` figures; verdicts are those of `ruleset` (its digest)."""
    words = {**_COMMON, **_WORDS[session.get_bind().dialect.name]}
    for name, template in QUERIES.items():
        sql = template
        for word, said in words.items():
            sql = sql.replace(f"{{{word}}}", said)
        if name in counted:
            yield Statistic(name, sql, tuple(sorted(counted[name].items())))
            continue
        query = text(sql)
        bound = query.bindparams(ruleset=ruleset) if ":ruleset" in sql else query
        rows = tuple((str(key), int(count)) for key, count in session.execute(bound))
        yield Statistic(name, sql, rows)

"""Guards for statements of a query language: those that read pass, and a person looks at the others.

A policy parses no SQL. What it lets through is one statement that begins with a reading word and has none of the words
of writing anywhere, also where they stand in a text or are a column's name: it holds too much rather than too little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catalogue.policies.complement import unless_prefix
from catalogue.policies.guards.guard import Guard, Subject, pattern_approval
from catalogue.policies.parameters import Argument
from catalogue.policies.place import shown
from classifier.text import split_words
from classifier.verdict import Effect

_READING = ("desc", "describe", "explain", "select", "show", "values", "with")
_CHANGING = (
    r"(?i)\b(?:insert|update|delete|merge|upsert|drop|alter|create|truncate|grant|revoke|deny|rename|exec(?:ute)?|call"
    r"|into|shutdown|kill|backup|restore|bulk|dbcc|reconfigure)\b"
    r"|\b(?:replace\s+into|load\s+data|xp_\w+|sp_\w+)\b"
    r"|\b(?:sleep|benchmark|load_file|load_extension|readfile|writefile|url|s3|file|remote(?:secure)?|setval|nextval"
    r"|dblink\w*|lo_\w+|query_to_xml\w*|openrowset|opendatasource|openquery|utl_\w+(?:\.\w+)?|dbms_\w+(?:\.\w+)?"
    r"|pg_(?:sleep|terminate|cancel|reload|rotate|read|write|ls|file|logical|create|drop|switch|promote|notify)\w*)\s*\("
)
"""Words of writing (T-SQL takes a second statement without a semicolon, PostgreSQL writes inside `with`), and functions
that wait, or reach files and the network, in the common dialects. A column of such a name costs a call."""
_SECOND = r";\s*[^;\s]"
_HIDING = r"/\*[!+M]"
"""Comments that MySQL, MariaDB and Oracle read as part of the statement."""
_SQL = "(?i)" + unless_prefix(_READING, r"\W", skip=r"\s(") + f"|{_SECOND}|{_HIDING}"
_GRAPHQL = r"(?i)\b(?:mutation|subscription)\b"
_CYPHER = r"(?i)\b(?:create|merge|set|delete|detach|remove|drop|call|load|foreach|alter|grant|deny|revoke|start|stop)\b"

_LANGUAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "graphql": ("GraphQL", (_GRAPHQL,)),
    "cypher": ("Cypher", (_CYPHER,)),
    "sql": ("SQL", (_SQL, _CHANGING)),
}
_DIALECTS = frozenset(
    {
        "sql",
        "postgres",
        "postgresql",
        "mysql",
        "mariadb",
        "sqlite",
        "mssql",
        "bigquery",
        "snowflake",
        "duckdb",
        "redshift",
    }
)


def statement_guards(subject: Subject) -> Iterator[Guard]:
    """Guards for the arguments of a tool that runs what it is given."""
    if subject.reads or not subject.full:
        return
    run = {one.parameter for one in subject.verdict.arguments if one.effect is Effect.STATEMENT}
    run |= {one.parameter.path for one in subject.pointed_at("query-language")}
    for argument in subject.arguments if run else ():
        if argument.parameter.path not in run:
            continue
        name, path, language = shown(argument.parameter.path), subject.text_at(argument), _language(subject, argument)
        if path is None or language is None:
            yield Guard(f"No rule checks {name}: which statements of its language only read is not known.")
            continue
        title, patterns = _LANGUAGES[language]
        text = f"Not a single {title} statement that only reads: it may change data."
        held = tuple(pattern_approval(path, pattern, text) for pattern in patterns)
        yield Guard(f"{name} takes {title}: statements that read pass, any other waits for a person.", ask_if=held)


def _language(subject: Subject, argument: Argument) -> str | None:
    """The language, by the words of the argument, or else of the tool."""
    described = subject.definition.get("description")
    own = f"{' '.join(argument.parameter.words)} {argument.parameter.description}"
    for text in (own, f"{subject.name.replace('_', ' ')} {described if isinstance(described, str) else ''}"):
        words = {word.lower() for word in split_words(text[:4000])}
        found = [key for key in _LANGUAGES if key in words or (key == "sql" and words & _DIALECTS)]
        if found:
            return found[0]
    return None

"""Guards for who is written to: addresses of listed domains, one plain address at a time."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.policies.complement import unless_suffix
from catalogue.policies.document import Denial
from catalogue.policies.guards.guard import Guard, Subject, pattern_denial
from catalogue.policies.parameters import Argument
from catalogue.policies.place import shown
from catalogue.policies.placeholders import Blank, unfilled_denial

_NAMES = frozenset({"to", "cc", "bcc", "recipient", "recipients", "attendee", "attendees", "invitee", "invitees"})
_MAIL = frozenset({"email", "emails", "mail", "mailto"})
_NOT_PLAIN = r"[^!-~]|[,;<>\"()\[\]\\:]|@.*@|^@|%"
"""More than one address, a display name, or a spelling that mail programs read differently."""


def recipient_guards(subject: Subject) -> Iterator[Guard]:
    """Guards for the arguments of a tool that writes to people outside."""
    if subject.reads or not subject.full or "sends-outside" not in subject.signals:
        return
    mails = any(_MAIL & set(one.parameter.words) for one in subject.arguments) or _speaks_of_mail(subject)
    for argument in subject.arguments if mails else ():
        path = subject.text_at(argument)
        if path and _is_recipient(argument):
            reason = f"{shown(argument.parameter.path)} says who is written to: only addresses of listed domains."
            yield Guard(reason, deny_if=tuple(_domain(subject, path)))


def _speaks_of_mail(subject: Subject) -> bool:
    text = f"{subject.name} {subject.definition.get('description')}".lower()
    return "mail" in text or "invite" in text


def _is_recipient(argument: Argument) -> bool:
    """Whether the argument's name says "to" or "recipient", alone or with the word e-mail ("to_email")."""
    words = [word for word in argument.parameter.words if word not in ("address", "addresses", "list")]
    named = set(words) - _MAIL
    return bool(words) and len(words) <= 2 and (named <= _NAMES if named else argument.parameter.required)


def _domain(subject: Subject, path: str) -> Iterator[Denial]:
    domains = [domain.lower() for domain in subject.filling.domain]
    if not domains:
        yield unfilled_denial(Blank.DOMAIN, path)
        return
    allowed = f"Only addresses at {' or '.join(domains)} may be written to, each one plain address."
    yield pattern_denial(path, "(?i)" + unless_suffix(f"@{domain}" for domain in domains), allowed)
    yield pattern_denial(path, _NOT_PLAIN, allowed)

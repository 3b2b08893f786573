"""Finds the acts of a tool: its verbs, and what they are done to.

A name's verb is its first clear one: `gitlab_delete_project`, `d1_database_delete` and `get_order` all have one, and a
word that is as often a noun ("order", "deploy") counts only where no clear verb stands in the name, or where the
description leads with the same verb. A description's verb leads a sentence, after a label and the phrases that lead in
("[Admin] This tool allows you to"). Verbs of other languages count as the English verbs that they stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from classifier.lexicon import Forms, Lexicon
from classifier.text import Token

_LABEL = 5
"""Words that a label before the first verb may have: "[Project Management]", "Coming soon (dns):"."""

_OBJECT = 12
"""Words of a description in which a verb's object is looked for."""

_ASKS = frozenset(("whether", "how", "who", "why"))
_TITLE = 4
"""Words within which a sentence without a verb names what comes back."""

_PAUSE = frozenset(",;:()，；：（）")
_PAUSES = re.compile(r"[,;:()，；：（）]")
_CLOSERS = re.compile(r"[:：)\]】]")
_CARRIES_ON = re.compile(r"[,;]|\b(?:and|or|then)\b", re.IGNORECASE)
_JOINS = frozenset(("and", "or", "then"))
_CONDITIONS = frozenset(("if", "whether"))
"""Words behind which a sentence goes on: "Check if the task is done and mark it"."""
_ASIDES = frozenset("(:[—–")
_PLURALS = frozenset(("updates", "edits", "views", "reads", "sets", "fixes", "watches", "matches", "finds"))
"""Forms of clear verbs that stand as nouns amid a sentence."""
_GLUED = re.compile("(?:get|list|create|delete|update|search|fetch|execute)(?=[a-z]{4})(?!s|d|r|er|ed|ing|or|en)")
"""A verb at the beginning of a name in small letters with no mark between its words: "listprompts", "deletebucket"."""
_LIGHT = frozenset(("perform", "conduct", "carry out"))
"""Verbs that leave it to a noun to say what is done."""
_PREPOSITIONS = frozenset(("of", "for", "by", "with", "from", "about", "per"))
_RELATIVES = ("that", "which", "who", "where", "between")
_PLACES = ("on", "in", "at")
_DETERMINERS = frozenset(
    ("the", "a", "an", "it", "them", "its", "their", "your", "this", "these", "all", "any", "each")
)
_CALLERS = frozenset(("user", "agent", "assistant", "model", "client", "caller"))
_TIMES = (["when"], ["whenever"], ["first"], ["if"], ["before"], ["after"])
_THIS = (["this"], ["the"])
_TOOL = (["tool"], ["action"], ["function"], ["command"], ["endpoint"], ["method"], ["api"])


class Act(NamedTuple):
    """A verb, where it stands, and the words of what it is done to, in order; the last of them is the object's head."""

    verb: str
    token: Token
    objects: tuple[Token, ...]


def identifier_acts(words: Sequence[Token], lexicon: Lexicon, told: Sequence[Act] = ()) -> tuple[Act, ...]:
    """Find the verb of a name, and those joined to it; `told` is what the description leads with."""
    lead = frozenset([act.verb for act in told])
    places = list(_verb_places(words, lexicon))
    if not places:
        return _foreign_acts(words, lexicon)
    clear = [place for place in places if place[1] not in lexicon.nouns or place[1] in lead]
    if not clear and lead and lead <= _LIGHT:  # commit_review, "Perform a review"
        done = {token.word for act in told for token in act.objects}
        clear = [place for place in places if place[1] in done]
    if _is_a_thing(words, places[0], clear, lead, lexicon):
        return ()
    if not clear and lead and places[0][1] in ("post", "put") and places[0][0] == 0:
        return ()  # post_session_start, "Start a session": the name begins with a method
    if not clear and lead and lead <= lexicon.harmless and (places[0][0] > 0 or places[0][1] in lexicon.mild):
        return ()  # reddit_post, "Scrape a post": the description says that the word is a noun
    named = [place for place in clear if place[1] in lead - lexicon.harmless]  # user_list_create, "Create a list"
    primary = (named or clear or places)[0]
    behind = primary[0] + primary[2] if primary[1] in lexicon.carriers else -1
    others = [
        place
        for place in places
        if place[0] > primary[0]
        if words[place[0] - 1].word in ("and", "or", "then", "n") or (place[0] == behind and place in clear)
    ]
    return tuple(_identifier_act(words, *place, lexicon) for place in (primary, *others))


def _is_a_thing(
    words: Sequence[Token],
    first: tuple[int, str, int],
    clear: Sequence[tuple[int, str, int]],
    lead: frozenset[str],
    lexicon: Lexicon,
) -> bool:
    """Tell whether a name is that of a thing: "order history", or "invite list" where the description only tells."""
    tells = lead <= lexicon.harmless
    if _names_a_thing(words, first, lexicon, 2 if lead and tells else 1):
        return not clear or (tells and len(clear) == 1 and clear[0][1] in lexicon.plain("events") - lead)
    index, verb, length = first
    if not lead or not tells or index or len(words) != length + 1 or verb not in lexicon.plain("half-nouns"):
        return False
    return words[-1].word in lexicon.plain("heads") or words[-1].word in lexicon.forms("information-nouns")


def _verb_places(words: Sequence[Token], lexicon: Lexicon) -> Iterator[tuple[int, str, int]]:
    """Yield the place, the verb and the length in words of each verb of a name; a noun behind "of" is none."""
    if len(words) == 1 and (glued := _GLUED.match(words[0].word)) and glued.group() in lexicon.bases:
        yield 0, glued.group(), 1
    index = 0
    while index < len(words):
        found = _verb_at(words, index, lexicon.names)
        if found and not (index and words[index - 1].word in _PREPOSITIONS and found[0] in lexicon.nouns):
            yield index, *found
        index += found[1] if found else 1


def _names_a_thing(words: Sequence[Token], place: tuple[int, str, int], lexicon: Lexicon, longest: int = 1) -> bool:
    """Tell whether a verb that could be a thing is one: "order history", "file info"; `longest` is for events."""
    index, verb, length = place
    behind = words[index + length :]
    if len(behind) not in (1, 2):
        return False
    head = behind[-1].word
    if verb in lexicon.plain("things") and head in lexicon.plain("heads"):
        return True
    return len(behind) <= longest and verb in lexicon.plain("events") and head in lexicon.plain("event-heads")


def _foreign_acts(words: Sequence[Token], lexicon: Lexicon) -> tuple[Act, ...]:
    """Find the verb of a name in another language."""
    for index, token in enumerate(words):
        verb = lexicon.glosses.word(token.word)
        if verb:
            return (Act(verb, Token(verb, token.start, token.end), tuple(words[index + 1 :] or words[:index])),)
    return ()


def value_acts(words: Sequence[Token], lexicon: Lexicon) -> tuple[Act, ...]:
    """Return the acts of an action's name; a thing ("group", "note") is what the action is done to, and no act."""
    if len(words) == 1 and words[0].word in lexicon.plain("things"):
        return ()
    return identifier_acts(words, lexicon)


def _identifier_act(words: Sequence[Token], index: int, verb: str, length: int, lexicon: Lexicon) -> Act:
    after = _until_clause_end(words[index + length :], lexicon)
    token = Token(verb, words[index].start, words[index + length - 1].end)
    return Act(verb, token, after or tuple(words[:index]))


def _verb_at(words: Sequence[Token], index: int, known: Forms) -> tuple[str, int] | None:
    """Return the verb that starts at `index` and its length in words; a verb of several words goes first."""
    longest = known.longest.get(words[index].word)
    if longest is None:
        return None
    for length in range(min(longest, len(words) - index), 0, -1):
        verb = known.verbs.get(" ".join([token.word for token in words[index : index + length]]))
        if verb:
            return verb, length
    return None


def _until_clause_end(words: Sequence[Token], lexicon: Lexicon) -> tuple[Token, ...]:
    ends = lexicon.plain("clause-ends")
    for index, token in enumerate(words):
        if token.word in ends:
            return tuple(words[:index])
    return tuple(words)


def lead_acts(words: Sequence[Token], text: str, lexicon: Lexicon) -> tuple[Act, ...]:
    """Return the verb that leads a sentence of `text`, with those coordinated with it."""
    for opening in dict.fromkeys((_after_label(words, text, lexicon), 0)):
        start = _after_lead_in(words, opening, lexicon)
        acts = _share_objects(_coordinated_acts(words, start, text, lexicon))
        if acts or (acts := _foreign_lead(words[opening:], words[start:], text, lexicon)):
            return acts
    return ()


def naming_acts(words: Sequence[Token], text: str, lexicon: Lexicon) -> tuple[Act, ...]:
    """Return the act of a sentence that names what comes back: "Price of a share", "Whether a door is locked"."""
    words = words[_after_label(words, text, lexicon) :]
    told = lexicon.plain("heads") | lexicon.plain("event-heads")
    things, ends = lexicon.forms("information-nouns"), lexicon.plain("clause-ends")
    for at, token in enumerate(words[:_TITLE]):
        behind = words[at + 1].word if at + 1 < len(words) else ""
        names = token.word in told and (not behind or behind in _PREPOSITIONS or behind in _PLACES)
        several = _is_plural(token.word) and (
            behind == "of" or behind in _RELATIVES or (at and behind in _PREPOSITIONS)
        )
        if names or several or (behind == "of" and token.word in things) or (at == 0 and token.word in _ASKS):
            return (
                Act("get", Token("get", token.start, token.end), _until_clause_end(words[at + 2 :][:_OBJECT], lexicon)),
            )
        if token.word in ends or token.word in lexicon.plain("lead-in") or behind in _DETERMINERS:
            break
    return ()


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is"))


def _after_lead_in(words: Sequence[Token], start: int, lexicon: Lexicon) -> int:
    """Return the place behind the phrases that lead in, which are no verb, end in -ly, or only say to call the tool."""
    lead_in = lexicon.plain("lead-in")
    while start < len(words):
        if start and words[start].word.endswith("s") and words[start - 1].word in _CALLERS:
            return len(words)  # "when the user requests a report": what the user does
        if _verb_at(words, start, lexicon.heads) and not _leads_in(words, start, lexicon):
            break
        if words[start].word not in lead_in and not words[start].word.endswith("ly"):
            break
        start += 1
    return start


def _coordinated_acts(words: Sequence[Token], start: int, text: str, lexicon: Lexicon) -> Iterator[Act]:
    found = _verb_at(words, start, lexicon.heads) if start < len(words) else None
    if found and (found[0] in lexicon.nouns or found[0] in lexicon.plain("events")):
        article = start > 0 and words[start - 1].word in ("a", "an", "the")
        if (article and found[0] not in lexicon.harmless) or _leads_a_thing(words, start, found, text, lexicon):
            return
    form = _form(words[start].word, found[0]) if found else ""
    while found:
        verb, length = found
        end = start + length
        objects = _until_clause_end(_until_pause(words[end : end + _OBJECT], text), lexicon)
        yield Act(verb, Token(verb, words[start].start, words[end - 1].end), objects)
        start = _coordinated(words, end, text)
        found = _verb_at(words, start, lexicon.heads) if start < len(words) else None
        if not found:
            start, found = _next_clause(words, end, form, text, lexicon)


def _form(word: str, verb: str) -> str:
    """Return the ending that a verb has: "", "s" or "ing"."""
    if word.endswith("s") and not word.endswith(("ss", "us")):  # "lists" is a verb of its own in names
        return "s"
    return "" if word == verb.partition(" ")[0] else "ing" if word.endswith("ing") else "s"


def _next_clause(
    words: Sequence[Token], at: int, form: str, text: str, lexicon: Lexicon
) -> tuple[int, tuple[str, int] | None]:
    """Find the verb by which a sentence carries on in the form it began with: "Gets a page and deletes it"."""
    joined = nested = False
    if at >= len(words) or not _CARRIES_ON.search(text, words[at - 1].end, words[-1].start):
        return len(words), None
    ends = lexicon.plain("clause-ends")
    subordinates = lexicon.plain("subordinates")
    for place in range(at, len(words)):
        word = words[place].word
        gap = text[words[place - 1].end : words[place].start]
        if (word in subordinates and word not in _CONDITIONS) or not _ASIDES.isdisjoint(gap):
            break
        joined = joined or "," in gap or ";" in gap
        if word in _JOINS:
            joined = True
        elif joined and not word.endswith("ly"):
            joined = False
            found = _verb_at(words, place, lexicon.heads)
            if found and _form(word, found[0]) == form and not text[words[place].start : words[place].end].isupper():
                behind = words[place + found[1]].word if place + found[1] < len(words) else ""
                thing = nested or found[0] in lexicon.nouns or not behind or (behind in ends and word in _PLURALS)
                if behind in _DETERMINERS or not thing or (behind.isalpha() and behind.endswith("ing") and not nested):
                    return place, found
        nested = nested or (word in ends and word not in _JOINS)
    return len(words), None


def _leads_a_thing(words: Sequence[Token], start: int, found: tuple[str, int], text: str, lexicon: Lexicon) -> bool:
    """Tell whether a leading noun is no verb there: "Order history of a user", "Labels of an issue"."""
    behind = words[start + found[1] : start + found[1] + _OBJECT]
    if not behind or behind[0].word in _DETERMINERS:
        return False
    if behind[0].word == "of":
        return True
    compound = _until_clause_end(_until_pause(behind, text), lexicon)
    return _names_a_thing((*words[start : start + found[1]], *compound), (0, *found), lexicon)


def _share_objects(acts: Iterable[Act]) -> tuple[Act, ...]:
    """Give a verb without an object that of the verb joined to it: "Create and delete users"."""
    shared: list[Act] = []
    objects: tuple[Token, ...] = ()
    for act in reversed(list(acts)):
        objects = act.objects or objects
        shared.append(act if act.objects else act._replace(objects=objects))
    return tuple(reversed(shared))


def _until_pause(words: Sequence[Token], text: str) -> Sequence[Token]:
    """Cut an object off at a comma, a colon or a parenthesis."""
    if len(words) < 2 or not _PAUSES.search(text, words[0].end, words[-1].start):
        return words
    for index in range(1, len(words)):
        if not _PAUSE.isdisjoint(text[words[index - 1].end : words[index].start]):
            return words[:index]
    return words


def _leads_in(words: Sequence[Token], at: int, lexicon: Lexicon) -> bool:
    """Tell whether a verb only leads in: "Run this tool first to list", "Use when", "Enables agents to"."""
    behind = [token.word for token in words[at + 1 : at + 3]]
    if words[at].word == "enables" and at and words[at - 1].word in lexicon.plain("lead-in"):
        return bool(behind) and behind[0] not in _DETERMINERS | _JOINS
    if words[at].word in ("call", "run", "use", "invoke"):
        return behind[:1] in _TIMES or (behind[:1] in _THIS and behind[1:] in _TOOL)
    return words[at].word in lexicon.plain("lead-in") and bool(behind) and behind[0] in lexicon.plain("persons")


def _after_label(words: Sequence[Token], text: str, lexicon: Lexicon) -> int:
    """Return the place behind labels: "[Calendar] List", "RPC: Toggle", "(beta) Runs"; a verb is no label."""
    if not words or not _CLOSERS.search(text, words[0].end, words[:_LABEL][-1].end + 4):
        return 0
    start = 0
    while start < len(words):
        opener = text[max(0, words[start].start - 1) : words[start].start]
        closer = {"[": "]", "(": ")", "【": "】"}.get(opener, ":：")
        end = next((at for at in range(start, min(start + _LABEL, len(words))) if _closes(words, at, text, closer)), -1)
        if end < 0 or end + 1 == len(words) or (":" in closer and _is_verb(words, start, lexicon)):
            break
        if ":" in text[words[start].start : words[end].end]:
            break
        start = end + 1
    return start


def _is_verb(words: Sequence[Token], at: int, lexicon: Lexicon) -> bool:
    found = _verb_at(words, at, lexicon.heads)
    if found is None or found[0] not in lexicon.nouns:
        return found is not None
    return at + found[1] < len(words) and words[at + found[1]].word in _DETERMINERS  # "Sync an application: ..."


def _closes(words: Sequence[Token], at: int, text: str, closers: str) -> bool:
    behind = text[words[at].end : words[at].end + 2]
    return (behind.lstrip(")*]") if ":" in closers else behind)[:1] in tuple(closers)


def _foreign_lead(words: Sequence[Token], rest: Sequence[Token], text: str, lexicon: Lexicon) -> tuple[Act, ...]:
    """Return the verb of a sentence in another language; `rest` is the sentence behind the words that lead in.

    European languages lead with their verb, Turkish, Japanese and Korean end with it. Scripts without spaces are
    searched for the verb's characters; in Chinese the first one leads.
    """
    if not words:
        return ()
    start, end = words[0].start, words[-1].end
    if not text[start:end].isascii():
        found = lexicon.glosses.in_text(text[start:end])
        if found:
            return tuple(Act(verb, Token(verb, start + first, start + last), ()) for verb, first, last in found)
    if rest and (verb := lexicon.glosses.word(rest[0].word)):
        return (Act(verb, Token(verb, rest[0].start, rest[0].end), _until_clause_end(rest[1:13], lexicon)),)
    for token in reversed(words):
        if verb := lexicon.glosses.closings.get(token.word):
            return (Act(verb, Token(verb, token.start, token.end), ()),)
    return ()


def _coordinated(words: Sequence[Token], at: int, text: str) -> int:
    """Return the place of the next word joined by a comma, slash, "and" or "or" to the one before `at`, or the end."""
    if at >= len(words):
        return at
    if words[at].word in ("and", "or", "then"):
        return at + 1
    if (
        words[at + 1 : at + 2]
        and words[at + 1].word in ("and", "or")
        and words[at].word in ("for", "to", "from", "with")
    ):
        return at + 2  # "Check for and install"
    between = text[words[at - 1].end : words[at].start]
    return at if set(between) & set(",/&|") else len(words)

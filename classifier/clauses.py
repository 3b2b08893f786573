"""Finds the acts that a description tells of beside the one it leads with.

An effect is told by a main clause: actively ("it also restarts the service", "each call donates five euros"), passively
("the funds are transferred"), by its means ("by running the script"), or behind a comma (", deleting what is old").
What a clause relates, conditions, asks or denies is none ("rows that are deleted", "if it is stopped", "is never
charged"). Only the verbs that rules look for are looked at. Knows no tool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from classifier.acts import Act
from classifier.glosses import SCRIPT_WITHOUT_SPACES, VERB_LAST
from classifier.lexicon import BASE, GERUND, PAST, THIRD, Lexicon
from classifier.text import Sentence, Token

_PERIODS = frozenset(("after", "within", "every", "end", "each", "when", "once", "if"))
"""Words by which a span of time says when something is done."""
_PLACES = frozenset(("console", "dashboard", "portal", "ui", "website", "settings", "app"))
"""Where people do what the tool does not."""
_BREAKS = re.compile(r"[,;:()\[\]—–]|\s-\s")
"""What parts clauses."""
_OBJECT = 8
"""Words behind a verb in which its object is looked for."""
_REST = 12
"""Words behind a participle that say when it is done, and by whom."""
_CLAUSE = 40
"""Words of a clause before its verb that are looked at, so that a sentence without an end costs linear time."""
_SUBJECT = 6
"""Words that the subject of an active clause has at most."""

_BE = frozenset(("is", "are", "be", "being", "gets", "get", "getting"))
_OPENERS = frozenset(("it", "this", "and", "then", "also", "finally", "afterwards", "additionally", "thereby", "which"))
"""Words behind which a verb in the third person is what the tool does."""
_WILL = frozenset(("will", "also", "then", "afterwards", "finally"))
"""Words behind which the plain verb is: "this will truncate the log"."""
_FINITE = frozenset(
    ("is", "are", "was", "were", "has", "have", "had", "do", "does", "did", "can", "could", "may", "will")
)
"""Words that a relative clause has as its verb."""
_RELATES = frozenset(
    (
        "if",
        "when",
        "whenever",
        "whether",
        "unless",
        "until",
        "once",
        "before",
        "while",
        "where",
        "that",
        "which",
        "who",
        "what",
        "how",
        "why",
        "because",
    )
)
"""Words whose clause goes on behind "and the"."""
_AIMS = frozenset(("and", "at", "on", "to", "into", "through"))
"""Words other than an object's first that stand behind a gerund."""
_NO_LONGER = re.compile(r"\bno longer\b")
_PREPOSITIONS = frozenset(("at", "on", "by", "to", "in", "of", "for", "from", "with"))
_ASKS = frozenset(("what", "which", "who", "whose", "if", "when", "how", "why", "where"))
"""Words behind which another clause begins."""
_CAUSES = frozenset(("causes", "forces", "leads", "makes", "lets"))
"""Verbs by which one thing has another done: "causes the build to be triggered"."""
_LISTING = frozenset(("like", "including", "as", "about", "supports"))
"""Words of a sentence that lists what can be done."""
_BEFORE_PLAIN = _WILL | {"to"}
_SWITCHES = frozenset(("set", "pass", "enable", "use", "choose"))
"""Words of a sentence on what an argument does: "Set purge to also delete the file"."""
_RELATIVES = frozenset(("que", "donde", "onde", "cuando", "quando", "si", "como"))
"""Words behind which a Spanish or Portuguese "se" relates or asks: "el script que se ejecuta"."""
_DENSE_EFFECT = re.compile("(?<![不未没])(?:会|將|将|被|随后|然后|同时|自动|并且?|再|则)[^，,。；已未不可的]{0,8}$")
"""What stands before a verb that a Chinese sentence tells as an effect."""
_DENSE_NAMES = re.compile("[^，,。；]{0,3}(?:的|过|记录|历史|状态|规则|策略|时间|列表|次数)")
"""What stands behind one that only names a thing: "被删除的用户"."""
_DENSE = 12
"""Code points before a Chinese verb that are looked at."""


class _Place(NamedTuple):
    """A verb of a sentence, and where its clause begins."""

    words: Sequence[Token]
    start: int
    at: int
    text: str
    lexicon: Lexicon

    @property
    def before(self) -> list[str]:
        """The words of the clause before the verb, but for adverbs."""
        return [token.word for token in self.words[self.start : self.at] if not token.word.endswith("ly")]


def told_acts(sentences: Sequence[Sentence], text: str, lexicon: Lexicon) -> tuple[Act, ...]:
    """Return the acts of the verbs that rules look for, in the order in which the sentences tell of them."""
    found: list[Act] = []
    told = lexicon.told
    plain = text.isascii()
    dense = not plain and SCRIPT_WITHOUT_SPACES.search(text)
    for index, sentence in enumerate(sentences):
        words = sentence.word_set
        if not told.forms.keys().isdisjoint(words):
            found += _told(sentence, text, lexicon)
        if not told.foreign.isdisjoint(words) or not (plain or dense):
            found += _foreign(sentence, lexicon)
        elif dense:
            found += _dense(sentence, index > 0, lexicon)
    return tuple(found)


def _told(sentence: Sentence, text: str, lexicon: Lexicon) -> Iterator[Act]:
    forms = lexicon.told.forms
    passive = not _BE.isdisjoint(sentence.word_set)
    for at, word in enumerate(sentence.words):
        if word not in forms:
            continue
        stem, kinds = forms[word]
        plain = at > 0 and sentence.words[at - 1] in _BEFORE_PLAIN
        if (plain and BASE in kinds) or (passive and PAST in kinds) or not kinds.isdisjoint((THIRD, GERUND)):
            words = sentence.tokens
            place = _Place(words, _clause_start(words, at, text, lexicon), at, text, lexicon)
            end, verb = _particle(place, stem)
            objects = _objects_told(place, end, kinds) if verb in lexicon.told.verbs else None
            if objects is not None:
                yield Act(verb, Token(verb, words[at].start, words[max(at, end - 1)].end), objects)


def _clause_start(words: Sequence[Token], at: int, text: str, lexicon: Lexicon) -> int:
    """Return where the clause of a verb begins: behind a mark, behind "note that", or at an article behind "and"."""
    articles = lexicon.plain("told-objects")
    joined = 0
    first = max(0, at - _CLAUSE)
    while at > first and not _BREAKS.search(text, words[at - 1].end, words[at].start):
        before = words[at - 1].word
        if before == "that" and at > 1 and words[at - 2].word == "note":
            break
        if not joined and before == "and" and words[at].word in articles:
            joined = at
        elif joined and before in _RELATES:
            joined = 0
        at -= 1
    return joined or at


def _particle(place: _Place, stem: str) -> tuple[int, str]:
    """Return the end of the verb, and the verb with its particle: "rolls back", "rolls it out"."""
    particles = place.lexicon.told.particles.get(stem, frozenset())
    for end in range(place.at + 1, min(place.at + 5, len(place.words))):
        if place.words[end].word in particles:
            return (end + 1 if end == place.at + 1 else place.at + 1), f"{stem} {place.words[end].word}"
    return place.at + 1, stem


def _objects_told(place: _Place, end: int, kinds: frozenset[str]) -> tuple[Token, ...] | None:
    """Return what the act is done to, or `None` when the clause does not tell that the tool does it."""
    before = _main(_NO_LONGER.sub("", " ".join(place.before)).split(), place.lexicon)
    if GERUND in kinds and before[-1:] == ["before"]:
        before = [*before[:-1], "after"]
    if before[:1] == ["once"] or not place.lexicon.plain("told-bars").isdisjoint(before):
        return None
    subject = _subject(place) if PAST in kinds else None
    if subject is not None:
        return None if "after" in before or _is_state(place, end) else subject
    behind = place.words[end : end + _OBJECT]
    while behind and _BREAKS.search(place.text, place.words[end - 1].end, behind[-1].start):
        behind = behind[:-1]
    ends = place.lexicon.plain("clause-ends") - {"given"}
    inner = next((at for at, token in enumerate(behind) if at and token.word in ends), None)
    behind = behind[:inner]
    if behind and behind[0].word in ("nothing", "no", "none"):
        return None
    ways = ((GERUND, _is_means), (THIRD, _is_active), (BASE, _is_plain))
    if any(kind in kinds and told(place, before, behind) for kind, told in ways):
        return tuple(behind)
    return None


def _main(before: list[str], lexicon: Lexicon) -> list[str]:
    """Leave out a relative clause that ends before the verb ("files that match are deleted"), and a leading "which"."""
    if before[:1] == ["which"] and (len(before) == 1 or before[1] in _BE | _WILL):
        return before[1:]
    outside = lexicon.plain("told-bars") | lexicon.plain("told-objects") | lexicon.plain("told-others") | _WILL | _BE
    for at, word in enumerate(before[:-1]):
        rest = before[at + 1 :]
        if word in ("whether", "that", "which") and before[-1] == "and" and not _FINITE.isdisjoint(rest):
            return ["and"]  # "checks whether a port is in use and frees it"
        if not at or word not in ("that", "which", "who") or before[at - 1] in _PREPOSITIONS:
            continue
        if rest[0] in _FINITE and rest[-1] in ("then", "afterwards", "subsequently"):
            return [*before[:at], *rest[1:]]  # "a command that is then executed"
        inner = _without_auxiliaries(rest)
        if (
            inner
            and len(inner) < len(rest)
            and _ASKS.isdisjoint(inner)
            and not (inner[0] in outside and _FINITE.isdisjoint(inner))
        ):
            closed = not _FINITE.isdisjoint(inner) or not inner[0].endswith("s")
            return [*before[:at], *rest[len(inner) :]] if closed else before  # "files that were left are deleted"
    return before


def _without_auxiliaries(words: list[str]) -> list[str]:
    end = len(words)
    while end and (words[end - 1] in _BE or words[end - 1] in _WILL):
        end -= 1
    return words[:end]


def _subject(place: _Place) -> tuple[Token, ...] | None:
    """Return the words of a passive clause's subject: "all cells" of "all cells are executed"."""
    adverbs = place.lexicon.plain("told-adverbs")
    words = place.words
    at = place.at - 1
    while at >= place.start and (words[at].word in adverbs or words[at].word.endswith("ly")):
        at -= 1
    if at > place.start and words[at].word in ("and", "or") and _is_participle(words[at - 1].word, place.lexicon):
        at -= 2  # "are consumed and removed"
    if at < place.start or words[at].word not in _BE:
        shares = place.start > 0 and words[place.start - 1].word == "and" and at >= place.start
        earlier = {token.word for token in words[max(0, place.start - _SUBJECT) : place.start]}
        return tuple(words[place.start : at + 1]) if shares and not _BE.isdisjoint(earlier) else None
    if words[at].word in ("be", "being") and words[at - 1].word not in ("will", "is", "are"):
        caused = not _CAUSES.isdisjoint(place.before)  # but not "seems to be deleted", "after being deleted"
        return tuple(words[place.start : at]) if caused else None
    if at == place.start + 1 and words[place.start].word == "which":  # "your code, which is executed"
        return tuple(words[max(0, place.start - _SUBJECT) : place.start])
    return tuple(words[place.start : at])


def _is_participle(word: str, lexicon: Lexicon) -> bool:
    return word.endswith("ed") or PAST in lexicon.told.forms.get(word, ("", frozenset()))[1]


def _is_state(place: _Place, end: int) -> bool:
    """Tell whether a participle says how a thing is, or what others do: "is stopped", "is deleted by its owner"."""
    words = place.words
    behind = [token.word for token in words[end : end + _REST]]
    if _is_of_others(place, behind) or _is_scheduled(place, behind):
        return True
    coordinated = place.start > 0 and words[place.start - 1].word == "and"
    if coordinated or words[place.at].word not in place.lexicon.plain("told-states"):
        return False
    if behind and behind[0] in ("via", "with", "using", "if", "when", "unless", "before"):
        return False
    events = place.lexicon.plain("told-adverbs") | {"gets", "get", "being", "will", "before"}
    earlier = {token.word for token in words[max(0, place.at - _CLAUSE) : place.at]} - {"in", "as", "once"}
    return events.isdisjoint(earlier) and events.isdisjoint(behind[:1])


def _is_of_others(place: _Place, behind: Sequence[str]) -> bool:
    """Tell whether someone else does it, or another tool: "by its owner", "in the console", "with buy_label"."""
    if len(behind) < 2:
        return False
    if behind[0] == "by":
        return "_" in behind[1] or not place.lexicon.plain("told-others").isdisjoint(behind[1:4])
    if behind[0] in ("with", "via", "using", "through") and "_" in behind[1]:
        return True
    return behind[0] in ("in", "from", "on", "through", "via") and not _PLACES.isdisjoint(behind[1:4])


def _is_scheduled(place: _Place, behind: Sequence[str]) -> bool:
    """Tell whether it is done in its time, and not by a call: "after 30 days", "every night", "per month"."""
    spans = place.lexicon.plain("told-spans")
    if behind[:1] == ["per"] or ("for" in place.before and not spans.isdisjoint(place.before)):
        return True
    return not _PERIODS.isdisjoint(behind) and not spans.isdisjoint(behind)


def _is_means(place: _Place, before: Sequence[str], behind: Sequence[Token]) -> bool:
    """Tell whether a gerund says by what the tool does it, or what it does as well."""
    if not behind:
        return False
    aims = behind[0].word in _AIMS
    if before[-1:] in (["by"], ["thereby"]):
        return aims or behind[0].word not in place.lexicon.plain("clause-ends")
    if before[-1:] in (["before"], ["after"]):
        return (_takes(place, behind) or (aims and behind[0].word != "to")) and _states_what_it_does(
            place.words[0].word
        )
    means = max([at for at, word in enumerate(before) if word in ("by", "after")], default=0)
    if means and _is_second(before[means:]):
        return _takes(place, behind)
    alone = not before or before in (["then"], ["also"], ["and", "then"])
    if not _takes(place, behind) or place.start == 0 or not (alone or _is_second(before)):
        return False
    comma = place.text[place.words[place.start - 1].end :].lstrip("`'\"*")[:1] in (",", "—", "–")
    earlier = [token.word for token in place.words[max(0, place.start - _CLAUSE) : place.start]]
    listing = any(one in _LISTING or (one == "for" and after.endswith("ing")) for one, after in pairwise(earlier))
    return comma and not listing and not earlier[0].endswith("ing")


def _is_second(before: Sequence[str]) -> bool:
    """Tell whether a gerund is joined to one that leads its clause: "resetting and wiping the counters"."""
    gerund = before[1:2] if before[0] in ("by", "after") else before[:1]
    return len(before) <= _SUBJECT and gerund[0].endswith("ing") and before[-1] == "and"


def _states_what_it_does(word: str) -> bool:
    """Tell whether a sentence leads with a verb in the third person."""
    return word.endswith("s") and not word.endswith("ss")


def _takes(place: _Place, behind: Sequence[Token]) -> bool:
    """Tell whether a verb's object begins with a word that makes the word before it a verb, or with a number."""
    if not behind:
        return False
    first = behind[0]
    stated = first.word in place.lexicon.plain("told-objects") or first.word.isdigit()
    return stated or place.text[first.start - 1] in "`'\"“"


def _is_active(place: _Place, before: Sequence[str], behind: Sequence[Token]) -> bool:
    """Tell whether a verb in the third person says what the tool, or something that it sets going, does."""
    objects = place.lexicon.plain("told-objects")
    if not before or before[-1] in _OPENERS:
        led = place.start > 0 or _states_what_it_does(place.words[0].word)
        plain = bool(behind) and behind[0].word not in place.lexicon.plain("clause-ends") and not _is_noun(place)
        return _takes(place, behind) or before[-1:] in (["it"], ["also"], ["then"]) or (led and plain)
    if len(before) > _SUBJECT or "of" in before or not (before[0] in objects or before[0].endswith("ing")):
        return False
    ends = place.lexicon.plain("clause-ends")
    alone = not behind or behind[0].word in ends
    return _takes(place, behind) or (alone and len(before) <= 2 and not _is_noun(place))


def _is_noun(place: _Place) -> bool:
    """Tell whether a verb is as often a noun: "the charges"."""
    return place.lexicon.told.forms[place.words[place.at].word][0] in place.lexicon.nouns


def _is_plain(place: _Place, before: Sequence[str], behind: Sequence[Token]) -> bool:
    """Tell whether a plain verb does: "this will delete it", "then delete it", "set purge to also delete it"."""
    if not before or not place.lexicon.plain("told-others").isdisjoint(before):
        return False
    if before[-1] in _WILL and "to" not in before[-2:]:
        return bool(behind)
    words = {token.word for token in place.words[max(0, place.at - _CLAUSE) : place.at]}
    switch = place.words[0].word in _SWITCHES and (place.words[0].word != "use" or "true" in words)
    return switch and (before[-1] == "to" or before[-2:] == ["to", "also"]) and bool(behind)


def _foreign(sentence: Sentence, lexicon: Lexicon) -> Iterator[Act]:
    """Yield the acts that a sentence of another language adds: "luego reinicia el equipo", "wird danach gelöscht"."""
    words = sentence.tokens
    adds, articles = lexicon.plain("foreign-joins"), lexicon.plain("foreign-articles")
    passives, ends = lexicon.plain("foreign-passives"), lexicon.plain("foreign-ends")
    if (adds | passives | {"se"}).isdisjoint(sentence.word_set):
        return
    for at in range(1, len(words)):
        clitic = words[at - 1].word in articles
        joined = words[at - 2 if clitic and at > 1 else at - 1].word in adds
        passive = not passives.isdisjoint([token.word for token in words[max(0, at - _SUBJECT) : at]])
        verb = lexicon.glosses.word(words[at].word) if joined else None
        verb = verb or (lexicon.glosses.participles.get(words[at].word) if passive else None)
        reflexive = at > 1 and words[at - 1].word == "se" and words[at - 2].word not in _RELATIVES
        if reflexive and (done := lexicon.glosses.word(words[at].word)) in lexicon.told.verbs and done:
            yield Act(done, Token(done, words[at].start, words[at].end), tuple(words[max(0, at - 4) : at - 1]))
        names = at + 1 == len(words) or words[at + 1].word in ends
        if verb in lexicon.told.verbs and (passive or clitic or not names):
            yield Act(verb, Token(verb, words[at].start, words[at].end), tuple(words[at + 1 : at + 1 + _OBJECT]))


def _dense(sentence: Sentence, later: bool, lexicon: Lexicon) -> Iterator[Act]:
    """Yield those of a sentence in a script without spaces: "随后会被删除". The last verb of a Japanese one tells."""
    passage = sentence.text[sentence.start : sentence.end]
    for verb, first, last in lexicon.glosses.all_in_text(passage):
        told = (later and VERB_LAST.search(passage)) or _DENSE_EFFECT.search(passage[max(0, first - _DENSE) : first])
        if verb in lexicon.told.verbs and told and not _DENSE_NAMES.match(passage, last):
            yield Act(verb, Token(verb, sentence.start + first, sentence.start + last), ())

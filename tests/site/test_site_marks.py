from __future__ import annotations

import re
import sys
import time

from hypothesis import given
from hypothesis import strategies as st

from catalogue.invisible import HIDDEN, SUSPECT
from catalogue.site.marks import Mark, inert, quote

TEXT = "Permanently delete all files"


def marked(quoted):
    return [(segment.text, segment.role, segment.numbers) for segment in quoted.segments]


def test_a_text_without_marks_is_itself():
    assert quote(TEXT).segments == ()
    assert quote(TEXT).text == TEXT


def test_overlapping_marks_are_split_and_the_verdict_wins():
    quoted = quote(TEXT, [Mark(12, 22, 1, "support"), Mark(19, 28, 2, "signal"), Mark(0, 18, 3, "dissent")])
    assert marked(quoted) == [
        ("Permanently ", "dissent", ()),
        ("delete", "support", (3,)),
        (" ", "support", ()),
        ("all", "support", (1,)),
        (" files", "signal", (2,)),
    ]


def test_equal_marks_of_two_rules_give_both_numbers():
    quoted = quote(TEXT, [Mark(12, 18, 2, "support"), Mark(12, 18, 1, "support")])
    assert marked(quoted)[1] == ("delete", "support", (1, 2))


def test_marks_outside_the_text_or_empty_are_left_out():
    assert quote("abc", [Mark(2, 9, 1, "support"), Mark(1, 1, 2, "support"), Mark(-1, 2, 3, "support")]).segments == ()


def test_hidden_characters_show_inside_marks_and_name_themselves():
    quoted = quote("de\u202elete", [Mark(0, 7, 1, "support")])
    assert [segment.text for segment in quoted.segments] == ["de", "⟨U+202E⟩", "lete"]
    assert quoted.segments[1].escape == "hidden text: right-to-left override"
    assert {segment.role for segment in quoted.segments} == {"support"}
    assert quoted.segments[-1].numbers == (1,)


def test_runs_are_counted_and_emoji_left_alone():
    assert inert("a\u200b\u200b\u200bb\x00") == "a⟨U+200B ×3⟩b⟨U+0000⟩"
    assert inert("👩‍🚀 ☂️ 1️⃣") == "👩‍🚀 ☂️ 1️⃣"
    assert inert("a\u200db\ufe0f") == "a⟨U+200D⟩b⟨U+FE0F⟩"
    assert inert("a\nb\tc\r") == "a⟨U+000A⟩b⟨U+0009⟩c⟨U+000D⟩"


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8))
def test_nothing_is_lost_and_nothing_hidden_is_left(text, spans):
    quoted = quote(text, [Mark(start, end, number, "signal") for number, (start, end) in enumerate(spans)])
    assert quoted.text == ("".join(segment.text for segment in quoted.segments) or text)
    assert inert(quoted.text.replace("\n", "").replace("\t", "")) == quoted.text.replace("\n", "").replace("\t", "")
    quoted.text.encode("utf-8")


def test_many_marks_take_linear_time():
    text = "delete " * 20_000
    marks = [Mark(start, start + 6, 1, "support") for start in range(0, len(text), 7)]
    before = time.process_time()
    assert len(quote(text, marks).segments) == 40_000
    assert time.process_time() - before < 3


def test_whatever_can_be_hidden_is_suspect():
    """Who finds nothing suspect in a text looks no further."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert set(re.findall(HIDDEN, everything)) <= set(re.findall(SUSPECT, everything))
    assert all(re.search(SUSPECT, char) for char in "\u200d\ufe0e\ufe0f")  # which are hidden in some places only

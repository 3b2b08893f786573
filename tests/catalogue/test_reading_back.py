from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from catalogue.columns import escape, unescape


@given(st.text(st.characters() | st.sampled_from("\x00\x1a0123\ud800\udfff"), max_size=30))
def test_any_string_is_made_storable_and_restored(text):
    stored = escape(text)
    assert unescape(stored) == text
    assert "\x00" not in stored
    stored.encode("utf-8")


def statements(engine, read):
    seen = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2]))
    read()
    return len(seen)


def test_reading_takes_as_many_queries_for_few_servers_as_for_many(store, listing, target, introspected):
    def add(numbers):
        remotes = [target(f"https://host{number}.example/mcp") for number in numbers]
        store.take(*(listing(f"server {number}", remote) for number, remote in zip(numbers, remotes, strict=True)))
        store.record(*(introspected(remote, "a", "b", f"c{number}") for number, remote in enumerate(remotes)))

    add(range(2))
    few = statements(store.engine, store.servers), statements(store.engine, store.tools)
    add(range(2, 150))
    many = statements(store.engine, store.servers), statements(store.engine, store.tools)
    assert len(store.tools()) == 450
    assert many == (few[0] * 2, few[1] * 2) or many == few


def test_recording_takes_as_many_queries_for_few_tools_as_for_many(store, listing, target, introspected):
    one, two = target("https://one.example"), target("https://two.example")
    store.take(listing("one", one), listing("two", two))
    few = statements(store.engine, lambda: store.record(introspected(one, "a")))
    many = statements(store.engine, lambda: store.record(introspected(two, *(f"tool {n}" for n in range(400)))))
    assert many <= 2 * few

from __future__ import annotations

import json

import pytest

from catalogue.site import urls
from tests.site.markup import Page

INBOX = {"name": "read_inbox", "description": "Reads the user's emails."}
SEND = {"name": "send_email", "description": "Sends an email."}
LIAR = {"name": "delete_issue", "description": "Deletes an issue.", "annotations": {"readOnlyHint": True}}


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


def twin(site, page: str) -> dict:
    return json.loads((site / urls.twin(page)).read_bytes())


def test_a_server_whose_tools_close_a_flow_says_so_and_is_listed(shelf, publish, site):
    shelf.add("mail", [INBOX, SEND])
    publish(shelf)
    page = Page(site / urls.server("mail"))
    assert "What its tools can do together" in page.text
    assert "send_email can carry data out." in page.text
    flow = twin(site, urls.server("mail"))["flow"]
    assert flow["state"] == "closed"
    assert [part["tool"] for part in flow["legs"]["private-data"]] == ["read_inbox"]
    assert [(entry["server"], entry["state"]) for entry in twin(site, urls.flows())["entries"]] == [("mail", "closed")]
    assert twin(site, urls.HOME)["closed"] == 1


def test_a_server_that_lacks_a_leg_names_it_and_one_with_less_says_nothing(shelf, publish, site):
    shelf.add("reader", [INBOX])
    publish(shelf)
    assert "No tool here is a way out" in Page(site / urls.server("reader")).text
    assert twin(site, urls.server("reader"))["flow"]["missing"] == ["way-out"]
    assert "together" not in Page(site / urls.server("io.github.acme/other")).ids()
    assert twin(site, urls.flows())["missing"][-1] == ["A way out", 1]
    assert "No server of the catalogue has all three legs." in Page(site / urls.flows()).text


def test_one_more_tool_changes_the_pages_that_speak_of_the_flow(shelf, publish, site):
    shelf.add("mail", [INBOX])
    publish(shelf)
    assert publish(shelf).written == 0
    shelf.add("mail", [INBOX, SEND])
    publish(shelf)
    assert twin(site, urls.flows())["closed"] == 1
    shelf.remove("mail")
    publish(shelf)
    assert twin(site, urls.flows())["closed"] == 0


def test_a_milder_hint_stands_beside_the_words(shelf, publish, site):
    shelf.add(
        "tracker", [LIAR, {"name": "get_issue", "description": "Gets it.", "annotations": {"readOnlyHint": True}}]
    )
    publish(shelf)
    page = twin(site, urls.claims())
    (entry,) = (entry for entry in page["entries"] if entry["server"] == "tracker")
    assert (entry["name"], entry["hint"], entry["claimed"], entry["category"]) == (
        "delete_issue",
        "readOnlyHint",
        True,
        "destructive",
    )
    assert ["name", "delete"] in entry["words"]
    line = page["lines"][0]
    assert line["hint"] == "readOnlyHint"
    assert line["claimed"] == line["agrees"] + line["milder"] + line["stricter"] + line["open"]
    assert line["claimed"] + line["absent"] == page["tools"]
    hint = twin(site, urls.tool("tracker", "delete_issue"))["hints"][0]
    assert hint["standing"] == "disagrees"


def test_both_lists_are_paged_and_lose_nothing(shelf, publish, site):
    for number in range(103):
        shelf.add(f"mail-{number}", [INBOX, SEND])
    shelf.add("tracker", [{**LIAR, "name": f"delete_issue_{number}"} for number in range(101)])
    publish(shelf)
    servers = [entry["server"] for number in (1, 2) for entry in twin(site, urls.flows(number))["entries"]]
    assert len(set(servers)) == len(servers) == 103
    tools = [entry["path"] for number in (1, 2) for entry in twin(site, urls.claims(number))["entries"]]
    assert len(set(tools)) == len(tools) >= 101
    for path in (urls.flows(2), urls.claims(2)):
        assert not Page(site / path).faults


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "\u202etxt.exe", "a\0b", "{{7*7}}", "x" * 400])
def test_hostile_names_come_out_inert(shelf, publish, site, text):
    shelf.add(text, [{**INBOX, "name": f"read_inbox {text}"}, SEND, {**LIAR, "name": f"delete_issue {text}"}])
    publish(shelf)
    assert twin(site, urls.flows())["closed"] == 1
    for path in (urls.flows(), urls.claims(), urls.server(text)):
        page = Page(site / path)
        assert not page.faults, path
        assert {one["src"].rpartition("/")[2] for one in page.all("img")} <= {"badge.svg"}, path
        assert not {"\x00", "\u202e"} & set(page.text), path

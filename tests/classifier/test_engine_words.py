"""The engine's reading of names and descriptions: words, sentences, verbs, objects, negation, phrases."""

from __future__ import annotations

import pytest

from classifier.acts import Act
from classifier.features import Features, negated
from classifier.lexicon import Lexicon, head_forms, past_forms, plural
from classifier.phrase import find_phrase, parse_phrase
from classifier.ruleset import load
from classifier.text import fold, split_identifier, split_sentences
from classifier.tool import Tool

LEXICON = load().lexicon


def features(name: str, description: str = "", **more: object) -> Features:
    return Features(Tool.from_wire({"name": name, "description": description, **more}), LEXICON)


def verbs(acts: tuple[Act, ...]) -> list[str]:
    return [act.verb for act in acts]


def objects(acts: tuple[Act, ...]) -> list[str]:
    return [token.word for token in acts[0].objects]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("get_user_by_id", ["get", "user", "by", "id"]),
        ("listOrgMembers", ["list", "org", "members"]),
        ("HTTPServerStatus", ["http", "server", "status"]),
        ("fetchURLs", ["fetch", "urls"]),
        ("compose-down", ["compose", "down"]),
        ("drive.files.delete", ["drive", "files", "delete"]),
        ("d1_database_query", ["d", "1", "database", "query"]),
        ("API-post-page", ["api", "post", "page"]),
        ("nasa/mars rover", ["nasa", "mars", "rover"]),
        ("ＤＥＬＥＴＥ_Ａll", ["delete", "all"]),
        ("görev_sil", ["görev", "sil"]),
        ("删除_文件", ["删除", "文件"]),
        ("___", []),
    ],
)
def test_splits_names_into_words(name: str, words: list[str]):
    assert [token.word for token in split_identifier(name)] == words


def test_tokens_say_where_they_stand():
    for text in ("getHTTPStatus_v2", "Löscht_ＡＢＣ-x"):
        for token in split_identifier(text):
            assert fold(text[token.start : token.end]) == token.word


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Deletes a file. Returns its name.", ["deletes a file", "returns its name"]),
        ("Uses v1.2 of the API", ["uses v1.2 of the api"]),
        ("删除文件。返回名称！", ["删除文件", "返回名称"]),
        ("执行SQL查询。HTMLを返します", ["执行 sql 查询", "html を返します"]),
        ("Tasks:\n- create\n- delete", ["tasks", "create", "delete"]),
        ("Account tools - list them", ["account tools", "list them"]),
    ],
)
def test_splits_sentences(text: str, sentences: list[str]):
    assert [" ".join(token.word for token in one.tokens) for one in split_sentences(text)] == sentences


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("Gets it.\n\nArgs:\n  path: where\n\nReturns:\n  the text", ["main", "arguments", "returns"]),
        ("Gets it.\nExample:\ndelete everything", ["main", "examples"]),
        ("Returns a list of files", ["main"]),
        ("Gets it.\n:param path: where\n:return: the text", ["main", "arguments", "returns"]),
        ("Parameters are optional.", ["main"]),
    ],
)
def test_knows_the_sections_of_a_description(text: str, sections: list[str]):
    assert list(dict.fromkeys(one.section for one in split_sentences(text))) == sections


@pytest.mark.parametrize(
    ("name", "verb", "thing"),
    [
        ("create_refund", "create", ["refund"]),
        ("gitlab_delete_project", "delete", ["project"]),
        ("d1_database_delete", "delete", ["d", "1", "database"]),
        ("get_order", "get", ["order"]),
        ("deploy", "deploy", []),
        ("list_users_by_role", "list", ["users"]),
        ("order_cancel", "cancel", ["order"]),
        ("roll_back_release", "roll back", ["release"]),
        ("drag_and_drop_file", "drag and drop", ["file"]),
        ("compose-down", "down", ["compose"]),
        ("chain_of_commit_list", "list", ["chain", "of", "commit"]),
        ("port_forward_service", "port forward", ["service"]),
        ("deletebucket", "delete", []),
        ("listprompts", "list", []),
    ],
)
def test_finds_the_verb_of_a_name_and_its_object(name: str, verb: str, thing: list[str]):
    acts = features(name).name_acts
    assert (acts[0].verb, objects(acts)) == (verb, thing)


@pytest.mark.parametrize(
    ("name", "description", "found"),
    [
        ("create_or_update_user", "", ["create", "update"]),
        ("get_and_delete_key", "", ["get", "delete"]),
        ("execute_delete_all", "", ["execute", "delete"]),
        ("update_list_entry", "Update an entry of a list.", ["update"]),
        ("user_list_create", "Create a new list of users.", ["create"]),
        ("reddit_post", "Scrapes a post.", []),
        ("reddit_post", "Posts to a board.", ["post"]),
        ("reddit_post", "", ["post"]),
        ("order_book", "", []),
        ("order_pizza", "", ["order"]),
        ("weather", "", []),
        ("chain_of_draft", "", []),
        ("release_notes", "", []),
        ("invite_list", "Lists the invitations of a club.", []),
        ("invite_list", "Invites a list of people.", ["invite"]),
        ("set_info", "Information on a set of bricks.", []),
        ("kill_switch_status", "Status of the switch.", []),
        ("kill_stats", "Kills of a player in a match.", []),
        ("sell_signals", "Sell signals of a share.", []),
        ("kill_stats", "Kills the collector of statistics.", ["kill"]),
        ("run_history", "", []),
        ("settings", "", []),
        ("listeners", "", []),
        ("commit_review", "Performs a review of a commit.", ["review"]),
        ("post_session_start", "Starts a session.", ["start"]),
        ("post_profile", "Launches a profile.", []),
        ("alert_rules", "Queries the rules.", []),
        ("gorev_sil", "", ["delete"]),
    ],
)
def test_weighs_a_name_against_its_description(name: str, description: str, found: list[str]):
    assert verbs(features(name, description).name_acts) == found


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("Deletes a file.", ["delete"]),
        ("This tool allows you to permanently delete files", ["delete"]),
        ("A tool for searching the web", ["search"]),
        ("Create, update or delete a user", ["create", "update", "delete"]),
        ("Create/update a user", ["create", "update"]),
        ("Check for and install updates", ["check", "install"]),
        ("[Project Management] Update a pipeline", ["update"]),
        ("RPC: Toggle a flag", ["toggle"]),
        ("Coming soon (deploy): Read the logs", ["read"]),
        ("**Deletes** a file", ["delete"]),
        ("Run this tool first to list files", ["list"]),
        ("Run the build", ["run"]),
        ("Weather of a city", ["get"]),
        ("Statistics of a file. Returns counts.", ["return"]),
        ("Enables agents to search the web", ["search"]),
        ("Enables a rule", ["enable"]),
        ("Webhooks - create, update, delete", ["create", "update", "delete"]),
        ("Monitor: reads sensors", ["read"]),
        ("Monitor active queries: progress, load", ["monitor"]),
        ("Does not delete anything", []),
        ("Gets a page and deletes it", ["get", "delete"]),
        ("Rolls dice for a character and records the result", ["roll", "record"]),
        ("Get accounts, manage the senders, create domains", ["get", "manage", "create"]),
        ("Finds issues, comments and labels", ["find"]),
        ("Fetches news and updates about styles", ["fetch"]),
        ("Gets a token that deletes and creates pages", ["get"]),
        ("Execute an INSERT, UPDATE or DELETE statement", ["execute"]),
        ("Get files (create, update, delete dates)", ["get"]),
        ("This tool enables structured thinking", []),
        ("A message that is sent", []),
        ("Start date of a project", ["get"]),
        ("Closing price of a share", ["get"]),
        ("Whether a door is locked", ["get"]),
        ("Console of a server", []),
        ("Reach a percentage of a distance", []),
        ("Status of the job. Deletes it when done.", ["delete"]),
        ("Kill statistics of a player", ["get"]),
        ("Check if the task is done and mark it", ["check", "mark"]),
        ("Use this tool when the user requests a chart", []),
        ("Sync an application: fetches and applies it", ["sync"]),
        ("Selects a file and starts printing it", ["select", "start"]),
        ("Logs a metric", ["log"]),
        ("Given a file path, this tool reads it", []),
        ("管理存储文件，支持上传文件、下载文件、删除文件", ["update", "create", "get", "delete"]),
        ("获取文件，删除时间在内", ["get"]),
        ("获取或更新配置", ["get", "update"]),
        ("Eliminar un usuario", ["delete"]),
        ("Projeyi siler.", ["delete"]),
        ("", []),
        ("!!! ???", []),
    ],
)
def test_finds_the_verbs_that_lead_a_description(description: str, found: list[str]):
    assert verbs(features("x", description).lead_acts) == found


def test_a_lead_verb_quotes_the_words_that_stand_there():
    for text in (
        "删除指定的消息",
        "（说明）：删除消息",
        "ﬁle 管理：删除消息",
    ):  # what folds to more letters must not shift it
        (act,) = features("x", text).lead_acts
        assert (act.verb, text[act.token.start : act.token.end]) == ("delete", "删除")


def test_an_object_ends_at_a_pause_and_at_a_preposition():
    assert objects(features("x", "Resets the agent state, removing all data").lead_acts) == ["the", "agent", "state"]
    assert objects(features("x", "Delete files in a folder").lead_acts) == ["files"]


@pytest.mark.parametrize(
    ("text", "word", "taken_back"),
    [
        ("does not delete files", "delete", True),
        ("never permanently delete files", "delete", True),
        ("deletes files without asking", "deletes", False),
        ("not here but in that other place we delete files", "delete", False),
    ],
)
def test_a_negation_reaches_a_few_words(text: str, word: str, taken_back: bool):
    (sentence,) = split_sentences(text)
    assert negated(sentence.words, sentence.words.index(word), LEXICON) is taken_back


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("permanently delete", "They permanently delete it", "permanently delete"),
        ("permanently delete", "Permanently. Delete it", None),
        ("erased|wiped disk", "A wiped disk", "wiped disk"),
        ("irrevocabl* lost", "is irrevocably lost", "irrevocably lost"),
        ("moves ... trash", "moves it to the trash", "moves it to the trash"),
        ("moves ... trash", "moves a b c d trash", None),
        ("delete files", "does not delete files", None),
        ("cannot be undone", "This cannot be undone.", "cannot be undone"),
        ("<delete-verbs> rows", "It purges rows", "purges rows"),
    ],
)
def test_finds_phrases_within_a_sentence(phrase: str, text: str, found: str | None):
    match = find_phrase([parse_phrase(phrase, LEXICON)], split_sentences(text), LEXICON)
    assert (text[match[1].start : match[2].end] if match else None) == found


@pytest.mark.parametrize(
    ("phrase", "complaint"),
    [
        ("", "empty"),
        ("... delete", "starts or ends"),
        ("delete ...", "starts or ends"),
        ("<no-such-list> rows", "no word list"),
        ("ab* x", "three letters"),
        ("delet* remov*", "no whole word"),
        ("a||b", "empty choice"),
    ],
)
def test_says_what_is_wrong_with_a_phrase(phrase: str, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        parse_phrase(phrase, LEXICON)


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("delete", ("delete", "deletes", "deleting")),
        ("stop", ("stop", "stops", "stopping")),
        ("copy", ("copy", "copies", "copying")),
        ("fetch", ("fetch", "fetches", "fetching")),
        ("roll back", ("roll back", "rolls back", "rolling back")),
        ("die", ("die", "dies", "dying")),
        ("cancel", ("cancel", "cancels", "canceling")),
        ("submit", ("submit", "submits", "submitting")),
    ],
)
def test_inflects_verbs(verb: str, forms: tuple[str, ...]):
    assert head_forms(verb) == forms


def test_inflects_pasts_and_plurals():
    assert past_forms("copy") + past_forms("delete") + past_forms("plan") == ("copied", "deleted", "planned")
    assert [plural(noun) for noun in ("file", "policy", "index", "branch")] == [
        "files",
        "policies",
        "indexes",
        "branches",
    ]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"a": {"kind": "verbs"}}, "a word list is a mapping"),
        ({"a": {"kind": "verb", "words": ["x"]}}, "kind is one of"),
        ({"a": {"kind": "words", "words": [True]}}, "quote on, off"),
        ({"a": {"kind": "words", "words": ["x", "x"]}}, "stands twice"),
        ({"a": {"kind": "words", "words": ["<b>"]}}, "no list above"),
        ({"a": {"kind": "openings", "words": ["elimina"]}}, "an English verb, a colon and words"),
        ({"a": {"kind": "openings", "words": ["delete: elimina"]}}, "stands in no list of verbs"),
        ([], "a word list is a mapping"),
    ],
)
def test_says_what_is_wrong_with_the_word_file(data: object, complaint: str):
    _, problems = Lexicon.from_yaml(data, "")
    assert any(complaint in problem for problem in problems), problems


def test_a_word_list_takes_in_the_lists_above_it():
    lexicon, problems = Lexicon.from_yaml(
        {
            "some": {"kind": "verbs", "words": ["get"]},
            "more": {"kind": "verbs", "words": ["<some>", "put"]},
            "abroad": {"kind": "closings", "words": ["get: getirir 取得"]},
        },
        "",
    )
    assert problems == []
    assert lexicon.lists["more"].entries == ("get", "put")
    assert lexicon.lists["more"].forms["getting"] == "get"
    assert lexicon.glosses.word("getirir") == "get"
    assert lexicon.glosses.in_text("一覧を取得します") == [("get", 3, 5)]

from __future__ import annotations

import pytest

from classifier.features import Features
from classifier.ruleset import load
from classifier.tool import Tool

LEXICON = load().lexicon


def told(description: str) -> list[tuple[str, str]]:
    """Return the verbs that later clauses tell of, each with the words of what it is done to."""
    features = Features(Tool.from_wire({"name": "get_it", "description": description}), LEXICON)
    later = features.told_acts[len(features.lead_acts) :]
    return [(act.verb, " ".join(token.word for token in act.objects)) for act in later]


@pytest.mark.parametrize(
    ("description", "acts"),
    [
        ("Gets the log. It also restarts the service.", [("restart", "the service")]),
        ("Gets the log. This will truncate the audit log.", [("truncate", "the audit log")]),
        ("Gets the log. The device reboots as part of it.", [("reboot", "as part")]),
        ("Gets a campaign. Each call donates 5 EUR.", [("donate", "5 eur")]),
        ("Gets the plan. Set purge to also delete the old plan.", [("delete", "the old plan")]),
        ("Gets a template. All cells are then executed.", [("execute", "all cells")]),
        ("Gets mails; mails that match are wiped.", [("wipe", "mails that match")]),
        ("Gets the items, deleting what is old.", [("delete", "what")]),
        ("Checks code by running it on the host.", [("run", "it")]),
        ("Returns the state after discarding all changes.", [("discard", "all changes")]),
        ("Gets a node. The node is rolled back.", [("roll back", "the node")]),
        ("Gets the car. The car is woken up and its engine started.", [("start", "its engine")]),
        ("Gets a job. The messages are consumed and removed.", [("remove", "the messages")]),
        ("Checks whether a port is in use and kills the process.", [("kill", "the process")]),
    ],
)
def test_a_main_clause_tells_an_act(description: str, acts: list[tuple[str, str]]) -> None:
    assert told(description) == acts


@pytest.mark.parametrize(
    "description",
    [
        "Gets files. Files that are deleted are left out.",
        "Gets files. Tells whether a file was deleted.",
        "Gets files. If a file is deleted, an error is returned.",
        "Gets files. No file is deleted.",
        "Gets files. Files can be deleted with the other tool.",
        "Gets files. Files are deleted after 30 days.",
        "Gets files. Files are deleted by their owner.",
        "Gets files; nothing is removed.",
        "Gets the state. The machine is stopped.",
        "Gets what seems to be deleted.",
        "Gets orders, trades and charges of an account.",
        "Gets the rate at which a coin is sold.",
        "Gets the rules. You delete them in the console.",
        "Gets posts, for example by deleting the filter.",
    ],
)
def test_what_is_related_conditioned_or_denied_is_no_act(description: str) -> None:
    assert [act for act in told(description) if act[0] != "delete" or "for example" not in description] == []


@pytest.mark.parametrize(
    ("description", "verb"),
    [
        ("Muestra el estado y luego reinicia el equipo.", "restart"),
        ("Zeigt die Dateien an. Danach werden sie gelöscht.", "delete"),
        ("Affiche la fiche puis supprime le compte.", "delete"),
        ("获取容器日志。容器随后会被重启。", "restart"),
        ("ログを取得します。その後サービスを再起動します。", "restart"),
    ],
)
def test_other_languages_carry_on_too(description: str, verb: str) -> None:
    assert verb in [act for act, _ in told(description)]


@pytest.mark.parametrize(
    "description", ["读取消息。不会删除消息。", "Muestra los archivos que fueron borrados.", "查看已删除的用户。"]
)
def test_other_languages_deny_and_relate_too(description: str) -> None:
    assert told(description) == []

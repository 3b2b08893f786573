from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from classifier.features import Features
from classifier.leaves import Subject
from classifier.rule import Rule
from classifier.ruleset import RuleSet, load
from classifier.text import split_identifier
from classifier.tool import Tool
from classifier.verdict import Category, Evidence, Verdict, to_wire
from tests.corpus import CORPUS, Judged

RATCHET = Path(__file__).with_name("ratchet.json")
RULES = load()

POISONED = Path(__file__).parent / "poisoned.jsonl"


def fires(rule: Rule, wire: Mapping[str, Any]) -> bool:
    subject = Subject.judged(Features(Tool.from_wire(wire), RULES.lexicon), RULES.judge(wire))
    return rule.condition.ask(subject) is not None


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_fires_on_its_examples_and_on_no_near_miss(rule: Rule):
    assert [wire for wire in rule.examples["match"] if not fires(rule, wire)] == []
    assert [wire for wire in rule.examples["no_match"] if fires(rule, wire)] == []


def test_every_category_has_rules_of_its_own():
    asserted = Counter(rule.asserts for rule in RULES.rules if rule.status == "stable")
    assert all(asserted[category] >= 5 for category in Category if category is not Category.UNCLASSIFIED)
    assert all(rule.strength.value != "decisive" or rule.about for rule in RULES.rules)


def test_every_stable_rule_of_a_category_fires_on_a_real_tool(judged: list[Judged]):
    fired = {match.rule for one in judged for match in (*one.verdict.support, *one.verdict.dissent)}
    assert {rule.id for rule in RULES.rules if rule.asserts and rule.status == "stable"} - fired == set()


UNSEEN = {
    "carries-private-data-out",  # needs a mailbox or a chat behind one tool
    "reads-and-sends-messages",  # the same
    "has-a-secret-in-its-output",  # the corpus has no output schemas
}


def test_every_stable_rule_of_a_signal_fires_on_a_real_tool_or_on_a_poisoned_one(judged: list[Judged]):
    poisoned = [json.loads(line) for line in POISONED.read_text("utf-8").splitlines()]
    verdicts = [*(one.verdict for one in judged), *(RULES.judge(one["tool"]) for one in poisoned)]
    fired = {evidence.rule for verdict in verdicts for signal in verdict.signals for evidence in signal.evidence}
    assert {rule.id for rule in RULES.rules if rule.signals and rule.status == "stable"} - fired == UNSEEN


def test_no_rule_of_a_category_names_a_server(judged: list[Judged]):
    """A name that no other server's tools and descriptions use is nobody's word but that server's."""
    users: dict[str, set[str]] = {}
    for one in judged:
        text = f"{one.wire['name']} {one.wire.get('description', '')}"
        for token in set(split_identifier(text)):
            users.setdefault(token.word, set()).add(one.server)
    proper = {
        token.word
        for one in judged
        for token in split_identifier(one.server.rpartition("/")[2])
        if len(token.word) > 3 and users.get(token.word, set()) <= {one.server}
    }
    conditions = [json.dumps(rule.when) for rule in RULES.rules if rule.asserts]
    words = {token.word for text in conditions for token in split_identifier(text)}
    assert words & proper == set()


def test_evidence_quotes_the_definition_exactly(judged: list[Judged]):
    checked = 0
    for one in judged:
        for evidence in all_evidence(one.verdict):
            assert quoted(one.wire, evidence) == evidence.quote, (one.wire["name"], evidence)
            assert evidence.quote or evidence.note, evidence
            checked += 1
    assert checked > 20_000


def all_evidence(verdict: Verdict) -> list[Evidence]:
    matches = [evidence for match in (*verdict.support, *verdict.dissent) for evidence in match.evidence]
    signals = [evidence for signal in verdict.signals for evidence in signal.evidence]
    effects = [evidence for one in (*verdict.actions, *verdict.arguments) for evidence in one.evidence]
    return [*matches, *signals, *effects]


def quoted(wire: Mapping[str, Any], evidence: Evidence) -> str:
    """Follow the evidence's pointer, and cut its span out of the string there or of the name it ends in."""
    node: Any = wire
    last = ""
    for step in evidence.pointer.split("/")[1:]:
        last = step.replace("~1", "/").replace("~0", "~")
        node = node[int(last)] if isinstance(node, list) else node[last]
    text = node if isinstance(node, str) else last
    return text[slice(*evidence.span)]


def test_a_verdict_is_the_same_bytes_whatever_the_order_of_rules(judged: list[Judged]):
    rules = list(RULES.rules)
    random.Random(7).shuffle(rules)
    shuffled = RuleSet(tuple(rules), RULES.lexicon, RULES.digest)
    for one in judged[::40]:
        again = json.dumps(to_wire(shuffled.judge(one.wire)))
        assert again == json.dumps(to_wire(one.verdict)), one.wire["name"]


def test_disagreements_with_the_public_labels_only_fall(judged: list[Judged]):
    verdicts = {(one.file, one.server, one.wire["name"]): one.verdict.category.value for one in judged}
    labels = [json.loads(line) for line in (CORPUS / "labels_dev.jsonl").read_text("utf-8").splitlines()]
    wrong = [
        label
        for label in labels
        if verdicts[label["corpus"], label["server"], label["name"]] not in (label["category"], *label["also"])
    ]
    dangerous = {"execute", "destructive", "financial"}
    called_read = [
        label["name"]
        for label in wrong
        if label["category"] in dangerous
        if verdicts[label["corpus"], label["server"], label["name"]] == "read"
    ]
    limit = json.loads(RATCHET.read_text("utf-8"))
    assert called_read == []
    assert len(wrong) <= limit["disagreements"], [(label["name"], label["category"]) for label in wrong]
    assert len(wrong) == limit["disagreements"], "fewer than the ratchet says: lower it"


def test_little_with_a_description_stays_without_a_category(judged: list[Judged]):
    described = [one for one in judged if one.wire.get("description", "").strip()]
    unknown = [one for one in described if one.verdict.category is Category.UNCLASSIFIED]
    assert len(unknown) < len(described) / 100


@pytest.mark.parametrize(
    ("name", "description", "category"),
    [
        ("a", "获取笔记内容", "read"),
        ("a", "根据关键词搜索笔记", "read"),
        ("a", "删除指定的消息", "destructive"),
        ("a", "批量修改实例的密码", "write"),
        ("a", "执行远程命令", "execute"),
        ("a", "列出所有群組", "read"),
        ("a", "カンバンボードの一覧を取得します", "read"),
        ("a", "既存の課題を更新します", "write"),
        ("a", "ファイルを削除します", "destructive"),
        ("a", "파일이나 폴더를 삭제합니다.", "destructive"),
        ("a", "사용자의 학습 정보를 조회합니다.", "read"),
        ("a", "Obtiene el estado de una llamada", "read"),
        ("a", "Elimina un programa de viajes", "destructive"),
        ("a", "Crea un nuevo programa de viajes", "write"),
        ("a", "Envia uma mensagem de texto para um número", "write"),
        ("a", "Récupère la liste des utilisateurs", "read"),
        ("a", "Supprime définitivement un fichier", "destructive"),
        ("a", "Ruft alle Benutzer ab", "read"),
        ("a", "Löscht einen Benutzer", "destructive"),
        ("a", "Restituisce l'elenco dei file", "read"),
        ("a", "Удаляет пользователя из базы", "destructive"),
        ("a", "Получить список пользователей", "read"),
        ("a", "Tüm projeleri görev sayıları ile birlikte listeler.", "read"),
        ("a", "Bir görevi kalıcı olarak siler.", "destructive"),
        ("a", "Hämta en lista över dokument", "read"),
        ("gorev_listele", "", "read"),
        ("eliminar_usuario", "", "destructive"),
    ],
)
def test_reads_other_languages(name: str, description: str, category: str):
    assert RULES.judge({"name": name, "description": description}).category.value == category

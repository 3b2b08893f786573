from __future__ import annotations

from catalogue.site.addresses import PageATool, SiteFormat
from catalogue.site.gathered.facts import facts_of
from catalogue.site.gathered.search_files import CUTS
from catalogue.site.gathered.server_facts import read, server_facts, written
from tests.hostile_strings import HOSTILE
from tests.site.shelf import DEFINITIONS, Shelf


def test_what_is_kept_of_a_server_is_read_back_as_it_was(ruleset):
    shelf = Shelf(ruleset)
    hostile = [{"name": text, "title": text, "description": text} for text in HOSTILE]
    shelf.add("\ud800/hostile", [*DEFINITIONS, *hostile], title="\udfff")
    ((row, heads),) = shelf.holdings(ruleset.digest)
    tools = list(shelf.tools_by_id([head.id for head in heads], ruleset.digest))
    rows = [tool.decoded() for tool in tools]
    facts = server_facts(
        row,
        [
            facts_of(tool, one, one.verdict, PageATool(), len(tools))
            for tool, one in zip(tools, rows, strict=True)
            if one.verdict
        ],
        CUTS[SiteFormat.HTML],
    )
    again = read(written(facts))
    assert again.names == [definition["name"] for definition in (*DEFINITIONS, *hostile)]
    assert written(again) == written(facts)
    assert again.categories["destructive"][0] == 0
    assert again.findable == facts.findable

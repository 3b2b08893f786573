from __future__ import annotations

import asyncio
import shutil
from functools import partial

import pytest
from mcp import Client

from catalogue.agents.holdings import Holdings
from catalogue.agents.server import make_server
from catalogue.database import open_database
from tests.agents.shelf import fill


@pytest.fixture(scope="session")
def database(tmp_path_factory, sqlite_catalogue) -> str:
    """The URL of a catalogue that nothing is judged in yet; nobody writes to it."""
    file = shutil.copy(sqlite_catalogue, tmp_path_factory.mktemp("agents"))
    url = f"sqlite:///{file}"
    engine = open_database(url)
    fill(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def holdings(database):
    engine = open_database(database)
    yield Holdings(engine)
    engine.dispose()


async def _call(holdings, name, mode="auto", **arguments):
    async with Client(make_server(holdings), mode=mode) as client:
        await client.list_tools()  # so that the client holds results to the schemas
        return await client.call_tool(name, arguments)


@pytest.fixture
def call(holdings):
    """Call a tool by the official client; returns the result as it came."""
    return lambda name, **arguments: asyncio.run(_call(holdings, name, **arguments))


@pytest.fixture
def ask(call):
    """Call a tool that answers; returns the answer."""

    def ask(name, **arguments):
        result = call(name, **arguments)
        assert not result.is_error, result.content[0].text
        return result.structured_content

    return ask


@pytest.fixture
def refused(call):
    """Call a tool that does not answer; returns the one line that says why."""

    def refused(name, **arguments):
        result = call(name, **arguments)
        assert result.is_error
        assert result.structured_content is None
        (content,) = result.content
        assert content.text.isprintable()
        return content.text

    return refused


@pytest.fixture
def pages(ask):
    """Follow the cursors of a tool to the end; returns the entries of all pages."""

    def read(kind, name, **arguments):
        entries, turn = [], partial(ask, name, **arguments)
        answer = turn()
        while answer["cursor"] is not None:
            entries += answer[kind]
            answer = turn(cursor=answer["cursor"])
        return entries + answer[kind]

    return read

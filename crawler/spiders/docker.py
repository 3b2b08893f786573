"""The Docker MCP catalogue: one YAML document, and a file for the tools of each server.

It is built from https://github.com/docker/mcp-registry, which is MIT; no limit of requests is stated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from scrapy.http import Response

from crawler.records import SourceError
from crawler.spiders.docker_catalogue import read_entry, read_tools, tools_address
from crawler.spiders.document_source import DocumentSpider
from crawler.spiders.fields import mapping
from crawler.spiders.web import Found, Page
from crawler.spiders.yaml_text import read_yaml


class DockerSpider(DocumentSpider):
    name = "docker"
    about = "the Docker MCP catalogue: images, remotes, declared tools"
    licence = "MIT"
    default_address = "https://desktop.docker.com/mcp/catalog/v3/catalog.yaml"
    pause = 0.1  # seconds

    def records(self, response: Response) -> Iterator[Found]:
        servers = mapping(read_yaml(response.body, response.url)).get("registry")
        if not isinstance(servers, dict):
            raise SourceError(f"{response.url} has no registry, expected a Docker MCP catalogue")
        for name, entry in servers.items():
            read = partial(read_entry, name, entry, self.origin(response.url))
            url = tools_address(entry, response.url)
            yield Page(url, partial(_tools, read), absent=read([])) if url else read([])


def _tools(read: Callable[[list[object]], Found], response: Response) -> Iterator[Found]:
    yield read(read_tools(response.body))

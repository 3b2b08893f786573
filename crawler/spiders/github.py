"""GitHub's repositories with the topic `mcp-server`, as candidates: a topic is what an owner likes to call it.

Use is under GitHub's terms for its API, and the data is of each repository's owner. With a token it allows 30 searches
a minute: https://docs.github.com/en/rest/search/search#rate-limit
"""

from __future__ import annotations

from crawler.records import Dropped, DropReason, Listing
from crawler.spiders.candidates import read_candidate
from crawler.spiders.dated_search import DatedSearchSpider
from crawler.spiders.record import Origin


class GitHubSpider(DatedSearchSpider):
    name = "github"
    about = "GitHub's repositories with the topic mcp-server: candidates only"
    licence = "GitHub's terms for its API; 30 searches a minute"
    default_address = "https://api.github.com"
    login = {"Authorization": "Bearer {GITHUB_TOKEN}"}  # noqa: RUF012 - never changed
    pause = 2.0  # seconds
    parameters = "/search/repositories?q=topic:mcp-server+created:{since}..{until}{changed}&per_page=100&page={page}"
    changed = "+pushed:>={day}"

    def read_record(self, record: object, origin: Origin) -> Listing | Dropped:
        if not isinstance(record, dict) or record.get("private") is True:
            return origin.drop("a result", DropReason.NOT_AN_OBJECT, "expected a public repository")
        name, description = record.get("full_name"), record.get("description")
        return read_candidate(origin, record, record.get("html_url"), name, description)

"""Fills the catalogue: crawls sources and targets, and takes over saved listings. Knows no rule and no page."""

from __future__ import annotations

from catalogue.intake.crawling import crawl, plan
from catalogue.intake.importing import BadLine, ImportSummary, import_file
from catalogue.intake.summary import CrawlSummary, Failure, Planned

__all__ = ["BadLine", "CrawlSummary", "Failure", "ImportSummary", "Planned", "crawl", "import_file", "plan"]

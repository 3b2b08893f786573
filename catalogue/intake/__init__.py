"""Fills the catalogue: crawls sources and targets, and takes over saved listings. Knows no rule and no page."""

from __future__ import annotations

from catalogue.intake.crawling import crawl
from catalogue.intake.importing import BadLine, ImportSummary, import_file
from catalogue.intake.summary import CrawlSummary, Failure

__all__ = ["BadLine", "CrawlSummary", "Failure", "ImportSummary", "crawl", "import_file"]

"""Fills the catalogue: crawls sources and targets, and takes over saved listings. Knows no rule and no page."""

from __future__ import annotations

from catalogue.intake.crawling import CrawlSummary, Failure, crawl
from catalogue.intake.importing import BadLine, ImportSummary, import_file

__all__ = ["BadLine", "CrawlSummary", "Failure", "ImportSummary", "crawl", "import_file"]

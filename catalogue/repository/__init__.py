"""Every query of the catalogue. What it returns are plain values; transactions are opened by the caller.

`Repository` reads for whoever publishes; the others write for whoever crawls, imports and judges. Knows no file, no
page, and neither crawls nor judges.
"""

from __future__ import annotations

from catalogue.repository.candidates import CandidateStore
from catalogue.repository.definitions import VerdictStore
from catalogue.repository.history import History
from catalogue.repository.listings import SAVED, ListingStore
from catalogue.repository.reads import Repository
from catalogue.repository.sources import read_sources
from catalogue.repository.statistics import read_statistics
from catalogue.repository.tools import INTROSPECTED, Declaration, ToolStore
from catalogue.repository.work import Due, Work

__all__ = [
    "INTROSPECTED",
    "SAVED",
    "CandidateStore",
    "Declaration",
    "Due",
    "History",
    "ListingStore",
    "Repository",
    "ToolStore",
    "VerdictStore",
    "Work",
    "read_sources",
    "read_statistics",
]

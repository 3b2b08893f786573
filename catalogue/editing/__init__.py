"""Edits configuration files of other programs, and keeps everything in them that it does not change."""

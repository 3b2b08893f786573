"""The sources: one leaf file each, on one base a kind of API."""

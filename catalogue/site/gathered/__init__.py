"""What a build reads of the whole catalogue before it makes a page: entries, lists, the search index. Knows no page."""

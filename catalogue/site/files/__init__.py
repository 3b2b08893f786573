"""The site's folder: its manifest, what is staged and swapped in, links, where it is sent. Knows no page."""

"""The contexts: what stands on each page, made from values. Knows no file, no template and no database."""

"""Policies: the document, its evaluator, and what we recommend."""

"""The static site: contexts, paths, and the build."""

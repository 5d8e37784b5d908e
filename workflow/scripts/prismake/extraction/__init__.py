"""Extraction: the figures that reports give, where each stands in its source, and the results they make."""

"""Measurements: ``python -m bench`` prints Markdown; nothing here is a timed test."""

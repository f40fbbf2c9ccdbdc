"""Comparing faces for people who test: two, one against all, or many labelled pairs.

Pure looking: nothing is stored, nothing is changed. (The check of the database is
``core/gallery/integrity.py``, ``python -m core verify``.)
"""

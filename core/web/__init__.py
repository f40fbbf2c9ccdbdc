"""Hatch: the HTTP routes of the contract."""

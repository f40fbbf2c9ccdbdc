"""Darkroom: bytes to photos, alignment, drawing."""

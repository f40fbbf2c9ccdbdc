"""Cellar: identities, photos, search, audit; the only room that knows SQL."""

"""Calibration: what the quality limits do to a folder of photos, and what they are worth."""

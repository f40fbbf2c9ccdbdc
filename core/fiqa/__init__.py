"""Examiner: face image quality, measured, judged and explained."""

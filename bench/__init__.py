"""Measurements of the running portal, as ratios to an empty page and to the same page drawn from constants."""

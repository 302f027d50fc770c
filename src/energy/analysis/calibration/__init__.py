"""Calibration by history matching: which sets of the unknown numbers can have produced the years of the record."""

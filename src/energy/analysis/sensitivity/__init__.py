"""Sensitivity: uncertain parameters of the evidence, Morris screening, Sobol indices, tornado."""

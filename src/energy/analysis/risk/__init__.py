"""Risk: Monte Carlo over water years and outages, reliability indices, contract sizing."""

"""River hydrology: inflow, statistics of the record, synthetic water years, seasonal volumes."""

"""Transfer capability (TTC): the largest exchange of a DC network in one snapshot, also with N-1 security."""

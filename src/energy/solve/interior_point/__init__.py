"""Structured interior point: linear programs of long horizons, their snapshots eliminated side by side.

`standard_form` lays a program as equations over bounded columns, `staged_layout` finds which rows belong to a snapshot,
which couple neighbours and which span the year; `normal_equations` factors them; `mehrotra` follows the central path,
along the points and steps of `iterate`; `sequential` optimises services in the protection order, each on the optimal
face of those before it;
`interior_optimum` does all of it, and returns nothing where its own proof fails.
"""

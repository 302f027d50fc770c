"""Contents that an operator does not decide by policy: where cyclic stores begin the year, and daily ponds at midnight.

A year that is optimised as a whole may choose what a cyclic store begins with, since it ends with the same. Who decides
month by month begins with what there is. So these contents are taken from a reference year's optimum: the store then
begins there, and has to be there again at the end. A pond that closes every day is there at every midnight, and is no
state at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from energy.model import Inputs
from energy.solve.elastic_bound import ElasticBound
from energy.solve.lp import ENERGY, Problem, Structure

STORE_CONTENT = ("stores", "e")
ENDS_SHORT, ENDS_OVER = "ends with at least", "ends with at most"
"""What of a cyclic store's end yields: it has less, or more, than it began with."""
HAIR = 1e-6
"""Share of a store's size within which contents are held where they are known."""


@dataclass(frozen=True, eq=False)
class KnownContents:
    """What is known of contents beforehand.

    Attributes
    ----------
    fixed
        Columns of contents that are the same in every year: of ponds at the end of each day; shape (columns,), boolean.
    ends
        Columns of what cyclic stores end with, but for ponds, and for water on its way, which is what the river brings.
    stores, sizes
        Their names and sizes [hm³ or MWh].
    values
        Content of each column at the reference [hm³ or MWh]; shape (columns,).
    first_rows, last_columns
        Balance of the first snapshot of every cyclic store, and the column of its last content.
    """

    fixed: np.ndarray
    ends: np.ndarray
    stores: tuple[str, ...]
    sizes: np.ndarray
    values: np.ndarray
    first_rows: np.ndarray
    last_columns: np.ndarray

    def problem(
        self,
        structure: Structure,
        problem: Problem,
    ) -> Problem:
        """Return a program whose cyclic stores begin and end with what is known, ponds every day."""
        matrix = problem.matrix.copy()
        row_lower, row_upper = problem.row_lower.copy(), problem.row_upper.copy()
        lower, upper = problem.lower.copy(), problem.upper.copy()
        places = structure._find(self.first_rows, self.last_columns)  # noqa: SLF001  (a place in the matrix)
        begun_with = matrix[places] * self.values[self.last_columns]
        matrix[places] = 0.0
        row_lower[self.first_rows] -= begun_with
        row_upper[self.first_rows] -= begun_with
        known = self.fixed.copy()
        known[self.ends] = True
        lower[known] = upper[known] = self.values[known]
        return replace(
            problem,
            matrix=matrix,
            lower=lower,
            upper=upper,
            row_lower=row_lower,
            row_upper=row_upper,
        )

    def with_ends(
        self,
        inputs: Inputs,
        short: Mapping[str, float] | None = None,
        over: Mapping[str, float] | None = None,
    ) -> Inputs:
        """Return inputs whose cyclic stores end, and so begin, with what is known, but for a hair.

        Parameters
        ----------
        inputs
            Of any year on the same snapshots.
        short, over
            Store → by how much it may end with less and with more [hm³ or MWh].
        """
        lowest = inputs.array("stores", "e_min_pu").copy()
        highest = inputs.array("stores", "e_max_pu").copy()
        table = inputs.components["stores"]
        places = table.index.get_indexer(pd.Index(self.stores))
        sizes = np.maximum(self.sizes, HAIR)
        shares = self.values[self.ends] / sizes
        less = np.array([(short or {}).get(store, 0.0) for store in self.stores]) / sizes
        more = np.array([(over or {}).get(store, 0.0) for store in self.stores]) / sizes
        lowest[-1, places] = (shares - HAIR - less).clip(0.0, 1.0)
        highest[-1, places] = (shares + HAIR + more).clip(0.0, 1.0)
        bounds = {("stores", "e_min_pu"): lowest, ("stores", "e_max_pu"): highest}
        return replace(inputs, dense={**inputs.dense, **bounds})

    def elastic_ends(self, inputs: Inputs) -> list[ElasticBound]:
        """Return the contents at the end as bounds that could yield on either side."""
        if not self.stores:
            return []
        bounds = []
        stores, buses = inputs.components["stores"], inputs.components["buses"]
        for store, size, column in zip(
            self.stores,
            self.sizes,
            self.ends,
            strict=True,
        ):
            carrier = buses.at[stores.at[store, "bus"], "carrier"]
            content = self.values[[column]]
            sides = ((1, ENDS_SHORT, content), (-1, ENDS_OVER, size - content))
            for sign, said, most in sides:
                bounds.append(
                    ElasticBound(
                        name=elastic_end(store),
                        said=said,
                        unit="hm3" if carrier == "water" else "MWh",
                        at=np.array([column]),
                        of_columns=True,
                        sign=sign,
                        bound=content,
                        most=most.clip(min=0.0),
                        hours=np.ones(1),
                        snapshots=np.full(1, -1),
                    )
                )
        return bounds


def elastic_end(store: str) -> str:
    """Return the name under which the end of a cyclic store yields."""
    return f"stores {store}: e_cyclic"


def known_contents(
    structure: Structure,
    inputs: Inputs,
    values: np.ndarray,
) -> KnownContents:
    """Return what a reference year says about contents.

    Parameters
    ----------
    structure, inputs
        Of the reference year.
    values
        Columns of its optimum; shape (columns,).
    """
    width = structure.pattern.shape[1]
    fixed = np.zeros(width, dtype=bool)
    if STORE_CONTENT not in structure.columns:
        nothing = np.zeros(0, dtype=int)
        return KnownContents(
            fixed=fixed,
            ends=nothing,
            stores=(),
            sizes=np.zeros(0),
            values=values,
            first_rows=nothing,
            last_columns=nothing,
        )
    content = structure.columns[STORE_CONTENT]
    names = structure.names[STORE_CONTENT]
    closing = [rule for rule in inputs.rules if rule["kind"] == "close"]
    ponds: set[str] = set()
    for rule in closing:
        ponds.update(rule["stores"])
        places = names.get_indexer(rule["stores"])
        fixed[content[np.ix_(rule["at"], places)]] = True
    cyclic = inputs.components["stores"]["e_cyclic"].to_numpy(bool)
    on_the_way = {rule["store"] for rule in inputs.rules if rule["kind"] == "travel"}
    has_end = cyclic & ~names.isin(ponds | on_the_way)
    return KnownContents(
        fixed=fixed,
        ends=content[-1, has_end],
        stores=tuple(names[has_end]),
        sizes=inputs.components["stores"]["e_nom"].to_numpy(float)[has_end],
        values=values,
        first_rows=structure.rows[ENERGY][0, cyclic],
        last_columns=content[-1, cyclic],
    )

"""Actions as a file: what each changes in the scenario and in the hazards, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from energy.errors import Fault, InputError, nearest
from energy.reading.document import read_document
from energy.reading.frozen import Frozen, FrozenMap, Frozenness, Word
from energy.reading.library_folders import library_files
from energy.reading.schema_errors import validated
from energy.reading.tree import Node, Origin, merged, planted, put
from energy.scenario import HazardSet, Scenario


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return FrozenMap({str(key): _frozen(part) for key, part in value.items()})
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


class Action(Frozen):
    """One action."""

    set: Annotated[Mapping[Word, Annotated[Any, BeforeValidator(_frozen)]], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Dotted key → value, changed in the scenario.",
    )
    hazards: Annotated[Mapping[Word, Annotated[Any, BeforeValidator(_frozen)]], Frozenness] = Field(
        default_factory=FrozenMap, description="Hazard → fields to change."
    )
    cost: float = Field(ge=0, description="What it costs, once [million $].")
    low: float | None = Field(default=None, ge=0, description="Low end of the cost.")
    high: float | None = Field(default=None, ge=0, description="High end of the cost.")
    power_price: float = Field(
        default=0.0, ge=0, description="What the power costs that it brings back over the line [$/MWh received]."
    )
    source: str = Field(default="", description="Where the numbers come from.")
    note: str = Field(default="", description="What it stands for.")


class ActionFile(Frozen):
    """What a file in ``scenarios/actions/`` says."""

    description: str = Field(default="", description="What is compared, in a sentence.")
    actions: Annotated[Mapping[Word, Action], Frozenness] = Field(description="Name → action.")


@dataclass(frozen=True)
class ActionSet:
    """Actions with the lines that they were written on.

    Attributes
    ----------
    name
        Name of the file.
    actions
        Name → action.
    tree
        The file as it was written.
    """

    name: str
    actions: Mapping[str, Action]
    tree: Node

    def scenario_with(self, name: str, scenario: Scenario) -> Scenario:
        """Return the scenario as an action changes it; a fault is shown at the action's line."""
        written = self._written(name, "set")
        if written is None:
            return scenario
        return scenario.replace(**{str(key): node for key, node in written.children()})

    def _written(self, name: str, field: str) -> Node | None:
        """Return a field of an action as the file has it; None where it has none."""
        node = self.tree.child("actions")
        for step in (name, field):
            node = None if node is None else node.child(step)
        return node

    def hazards_with(self, name: str, hazards: HazardSet) -> HazardSet:
        """Return the hazards as an action changes them.

        Raises
        ------
        InputError
            When the action names a hazard that the set does not have, or sets what a hazard refuses.
        """
        written = self._written(name, "hazards")
        if written is None:
            return hazards
        faults = [
            Fault(
                f"no hazard {hazard!r} in {hazards.name}",
                node.origin.where,
                line=node.origin.line,
                allowed=", ".join(hazards.hazards),
                repair=nearest(str(hazard), hazards.hazards),
            )
            for hazard, node in written.children()
            if hazard not in hazards.hazards
        ]
        if faults:
            raise InputError(faults)
        plain = hazards.model_dump(mode="json", by_alias=True, exclude_none=True)
        tree = planted(plain, Origin(hazards.name))
        known = tree.child("hazards")
        assert known is not None
        return validated(HazardSet, put(tree, ("hazards",), merged(known, written)))


def read_actions(path_or_name: str | Path) -> ActionSet:
    """Read actions by the name of their file in ``scenarios/actions/``, or by path.

    Raises
    ------
    InputError
        Every fault of the file.

    Examples
    --------
    >>> "spare transformer" in read_actions("base").actions
    True
    """
    path = Path(path_or_name)
    if path.suffix not in (".yaml", ".yml"):
        known = library_files("scenarios", "actions")
        if path.name not in known:
            what = f"no actions {str(path_or_name)!r}"
            raise InputError(
                Fault(
                    what,
                    "scenarios/actions",
                    allowed=", ".join(known),
                    repair=nearest(path.name, known),
                )
            )
        path = known[path.name]
    elif not path.is_file():
        raise InputError(Fault("file not found", path))
    tree = read_document(path)
    written = validated(ActionFile, tree)
    return ActionSet(path.stem, written.actions, tree)

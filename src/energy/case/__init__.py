"""What exists: components, profiles, rules and evidence, read from a case folder."""

from energy.case.case import Case
from energy.case.read import read_case
from energy.case.rules import RuleBook

__all__ = ["Case", "RuleBook", "read_case"]

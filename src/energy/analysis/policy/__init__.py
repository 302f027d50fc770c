"""Operation under uncertainty: stochastic dual dynamic programming over a policy graph; see docs/policy.md."""

from energy.analysis.policy.graph import PolicyGraph, PolicyNode, linear_graph, markov_graph
from energy.analysis.policy.policy_file import load_policy, save_policy
from energy.analysis.policy.risk_measure import EXPECTATION, MeanCVaR
from energy.analysis.policy.simulate import Simulation, simulate
from energy.analysis.policy.stage import Noise, StageProblem
from energy.analysis.policy.train import train
from energy.analysis.policy.trained import Outcome, Policy, Settings
from energy.analysis.policy.value_function import ValueFunction

__all__ = [
    "EXPECTATION",
    "MeanCVaR",
    "Noise",
    "Outcome",
    "Policy",
    "PolicyGraph",
    "PolicyNode",
    "Settings",
    "Simulation",
    "StageProblem",
    "ValueFunction",
    "linear_graph",
    "load_policy",
    "markov_graph",
    "save_policy",
    "simulate",
    "train",
]

"""Safety policy: which words and which pictures are refused, by category and threshold, from data."""

from cavendish.trust.policy.rules import CATEGORIES, THRESHOLDS, Policy, load
from cavendish.trust.policy.words import Match, check, find

__all__ = ["CATEGORIES", "THRESHOLDS", "Match", "Policy", "check", "find", "load"]

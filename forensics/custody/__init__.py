"""Proof that a case holds what was handed over: nothing lost, nothing changed."""

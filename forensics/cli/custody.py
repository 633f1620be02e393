"""Custody commands: `verify` and its kin."""

"""Readers derived from a declaration: delimited text, typed JSON, pattern lines.

Each engine has a plain reader (the specification) and a vector reader that must agree with it.
"""

"""Readers derived from a declaration: delimited text, typed JSON, pattern lines.

Each engine has a plain reader, the specification, and fast roads that must agree with it: by
kernels, where numba and enough to read are there, and by libraries.
"""

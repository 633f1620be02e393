"""Bytes of AWS logs in; Arrow batches, defects and rejects out.

Nothing here knows a file, a network, a clock, a database or a case.
"""

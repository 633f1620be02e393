"""Log formats of AWS: bytes in; Arrow batches, defects and rejects out.

`parsers.reading.read(content)` identifies and decodes one source; `parsers.formats.FORMATS` lists
what can be read. Nothing here knows files, databases or clocks.
"""

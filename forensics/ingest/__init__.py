"""From a dump to a case: `ingest(paths, db)`."""

from forensics.ingest.run import Options, Summary, ingest

__all__ = ["Options", "Summary", "ingest"]

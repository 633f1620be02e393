"""What leaves the program: rows to standard output, everything else to standard error."""

from forensics.output.render import Form, Look, rendered
from forensics.output.streams import emit, say, terminal_width

__all__ = ["Form", "Look", "emit", "rendered", "say", "terminal_width"]

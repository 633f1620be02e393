"""Commands parse words and print; everything they do is one call into the package."""

from forensics.cli.app import app
from forensics.cli.entry import main

__all__ = ["app", "main"]

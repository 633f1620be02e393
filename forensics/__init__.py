"""Cases: evidence taken in, questions asked, answers handed out.

Importing this package costs nothing; every command imports what it needs.
"""

__version__ = "0.1.0"

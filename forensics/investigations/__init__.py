"""The questions an investigator asks of a case, as SQL files, and what runs them."""

from forensics.investigations.questions import Query, catalogue, find
from forensics.investigations.runner import Answer, ask
from forensics.investigations.scope import Scope

__all__ = ["Answer", "Query", "Scope", "ask", "catalogue", "find"]

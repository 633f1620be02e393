"""Messages as the API, the CLI and the console list them in JSON.

* `filter-log-events`, `get-log-events`: `{"events":[{"timestamp":…,"message":…}, …]}`, pages one
  after the other or in a list, or the events alone
* Logs Insights from the API: `{"results":[[{"field":"@message","value":…}, …], …]}`
* Logs Insights from the console: `[{"@timestamp":…,"@message":…}, …]`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from parsers import json_text
from parsers.contract import Chunks, Units
from parsers.framing import events, json_stream, spans
from parsers.framing.messages import NOWHERE, Messages, consumed, in_order
from parsers.framing.spans import BROKEN

NO_MESSAGE = "expected an event with a message that is a string"
Add = Callable[[Messages, bytes, int], bool]
"""Adds the messages of one element that stands at a place; False where it has none."""


def api_events(chunks: Chunks) -> Iterator[Units]:
    """Events of `filter-log-events` and `get-log-events`; tokens go to `Units.document`."""
    yield from _opened(json_stream.records(chunks, "events"), _add_events)


def insights(chunks: Chunks) -> Iterator[Units]:
    """Rows of GetQueryResults; a field that is no context of its own goes to `context_extra`."""
    yield from _opened(json_stream.records(chunks, "results"), _add_fields)


def console(chunks: Chunks) -> Iterator[Units]:
    """Rows as the console saves them; a message that was JSON stands there as JSON."""
    yield from _opened(json_stream.records(chunks), _add_row)


def _opened(listed: Iterator[Units], add: Add) -> Iterator[Units]:
    """The messages of every element."""
    base, number = 0, 1
    for units in listed:
        found = Messages(base, number)
        size = consumed(units)
        for index, low in in_order(units, base):
            if index < 0:
                found.take_over(units.rejects[~index])
                continue
            element = units.data[low : units.ends[index]]
            if not add(found, element, low):
                found.refuse(element, low, "no-message", NO_MESSAGE)
        found.reject_bytes += units.reject_bytes
        opened = found.units(size)
        opened.document, opened.damage = units.document, units.damage
        base, number = base + size, found.number
        yield opened


# -------------------------------------------------------------------------------- events
def _add_events(found: Messages, element: bytes, place: int) -> bool:
    """An event, or a page of a list of pages."""
    event = events.read(element)
    if event is not None:
        events.add(found, event, place, NOWHERE, {})
        return True
    members = _members(element)
    pages = [each for each in members if each.key == "events"]
    if not pages or any(each.end == BROKEN for each in members):
        return False
    beside = {
        json_text.pointer(key): json_text.kept(element[start:end])
        for key, start, end in members
        if key != "events"
    }
    return all(_add_page(found, element, page.start, place, beside) for page in pages)


def _add_page(
    found: Messages, element: bytes, start: int, place: int, beside: dict[str, bytes]
) -> bool:
    if element[start : start + 1] != b"[":
        return False
    for low, high in spans.elements(element, start):
        event = events.read(element[low:high])
        if event is not None:
            events.add(found, event, place + low, NOWHERE, beside)
        else:
            found.refuse(element[low:high], place + low, "no-message", NO_MESSAGE)
    return True


def _members(element: bytes) -> list[spans.Member]:
    return list(spans.members(element)) if element.startswith(b"{") else []


# -------------------------------------------------------------------------------- Logs Insights
class Row:
    """One result of a query: fields by name, each a token at a place in the element."""

    def __init__(self, element: bytes) -> None:
        self.element = element
        self.message: tuple[bytes, int, int] | None = None  # text, start, end of its token
        self.event = events.Event()

    def take(self, name: str, start: int, end: int) -> None:
        """One field, whose value is element[start:end]."""
        token = self.element[start:end]
        if name == "@message" and self.message is None:
            text = json_text.unescaped(token) if token.startswith(b'"') else token
            self.message = text, start, end
        elif not events.take_field(self.event, name, json_text.string(token)):
            self.event.extra[json_text.pointer(name)] = json_text.kept(token)

    def add(self, found: Messages, place: int) -> None:
        """Add the message; a result without one (a count, say) is a message as it stands."""
        if self.message is None:
            self.event.said.append(events.Token(self.element, 0, len(self.element)))
            self.event.extra.clear()
        else:
            self.event.said.append(events.Token(*self.message))
        events.add(found, self.event, place, NOWHERE, {})


def _add_fields(found: Messages, element: bytes, place: int) -> bool:
    """A list of `{"field":…,"value":…}`."""
    if not element.startswith(b"["):
        return False
    row = Row(element)
    for low, high in spans.elements(element):
        pair = {key: (low + start, low + end) for key, start, end in _members(element[low:high])}
        if high == BROKEN or pair.keys() != {"field", "value"}:
            return False
        start, end = pair["field"]
        row.take(json_text.key_text(element[start:end]), *pair["value"])
    row.add(found, place)
    return True


def _add_row(found: Messages, element: bytes, place: int) -> bool:
    """An object of fields."""
    members = _members(element)
    if not members or any(member.end == BROKEN for member in members):
        return False
    row = Row(element)
    for key, start, end in members:
        row.take(key, start, end)
    row.add(found, place)
    return True

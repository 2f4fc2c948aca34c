"""XML from strangers: read without entities, external documents and unbounded sizes; and the dates that feeds write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from core.errors import Damaged

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_AHEAD = timedelta(days=2)
"""A date may lie this far behind the day asked for: time zones, and entries that announce tomorrow."""


def parse_xml(content: bytes, service: str) -> Element:
    """The root of a document. Raises Damaged for entities, external documents, and text that is not well formed."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(content)
    except DefusedXmlException:
        raise Damaged(f"{service} sent XML with entities of its own, which is refused.") from None
    except (ParseError, LookupError, ValueError) as error:
        raise Damaged(f"{service} sent something that is no well-formed XML: {str(error)[:100]}.") from None
    return root


def children(element: Element, name: str) -> Iterator[Element]:
    """Children by local name, whatever their namespace: its address has changed more than once."""
    return (child for child in element if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name)


def text_of(element: Element, name: str) -> str:
    """The text of the first child of a name, on one line; empty where there is none."""
    return next((" ".join((child.text or "").split()) for child in children(element, name)), "")


def read_date(text: str) -> datetime | None:
    """A date of RFC 2822 (RSS) or ISO 8601 (Atom), in UTC; None where it is neither. Without a zone it is UTC."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text.strip())
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def is_far_ahead(moment: datetime, day: date) -> bool:
    """Whether a date lies further in the future of a day than any clock or time zone explains."""
    return moment > datetime.combine(day, time(), UTC) + timedelta(days=1) + _AHEAD

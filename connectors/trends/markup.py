"""XML from strangers: mended where every reader of feeds mends it, then read without entities of its own, external documents and
unbounded sizes; and the dates that feeds write."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from html.entities import html5
from typing import TYPE_CHECKING

from core.errors import Damaged

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_AHEAD = timedelta(days=2)
"""A date may lie this far behind the day asked for: time zones, and entries that announce tomorrow."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0?\0", "utf-16-le"),
    (b"\0<\0?", "utf-16-be"),
)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,300}?\?>", re.IGNORECASE)
_ENCODING = re.compile(rb"""^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.:-]{0,40})["']""", re.IGNORECASE)
_NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*)|<!--(?:.*?-->|.*)|&(?:\#(?P<number>[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]{0,31});)?",
    re.DOTALL,
)
"""Sections whose ampersands are text, and every other ampersand with what it may refer to. An open section runs to the end."""
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*(?::[\w.-]+)?)(?=[\s/>])")
_PREFIX = re.compile(r"<([A-Za-z_][\w.-]{0,40}):|\s([A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]*\s*=")
_DECLARED = re.compile(r"\sxmlns:([A-Za-z_][\w.-]{0,40})\s*=")
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xlink": "http://www.w3.org/1999/xlink",
}
_MOST_PREFIXES = 50
_WIDE = ("utf-16", "utf16", "utf-32", "utf32", "ucs", "iso-10646", "unicode")
_FIRST_TAG = re.compile(rb"<[A-Za-z_]")
_OUTSIDE = re.compile(
    rb"""<!DOCTYPE\s+[\w:.-]+\s+(?:SYSTEM\s|PUBLIC\s+["'](?!-//Netscape Communications//DTD RSS |-//W3C//DTD X?HTML))""",
    re.IGNORECASE,
)
"""A definition elsewhere. That of RSS 0.91 is named by old feeds; it is never fetched."""


def readable_xml(content: bytes, service: str) -> bytes:
    """A document as UTF-8 that `parse_xml` takes: without what is before its declaration and what XML has no characters for, with
    the entities of HTML as characters, lone ampersands as such, and the prefixes declared that it uses.

    Nothing that it declares itself is expanded. Raises Damaged for entities, documents elsewhere, and what is not well formed."""
    text = _NOT_IN_XML.sub("", _decoded(content)).lstrip("\ufeff \t\r\n").rstrip()
    text = _DECLARATION.sub("", text, count=1) if text[:5].lower() == "<?xml" else text
    text = _REFERENCE.sub(_expanded, text).lstrip()
    mended = _with_namespaces(text).encode("utf-8", "replace")
    parse_xml(mended, service)
    return mended


def _decoded(content: bytes) -> str:
    """Text in the encoding that its mark or declaration names; where it is not in that one, UTF-8, else what Windows writes."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    declared = _ENCODING.match(content[:400].lstrip(b"\0"))
    named = declared[1].decode() if declared else ""
    for encoding in (marked, named, "utf-8"):
        if encoding and not (
            encoding is named and encoding.lower().startswith(_WIDE)
        ):  # a declaration that can be read is narrow
            try:
                if codecs.lookup(encoding)._is_text_encoding:
                    return content.decode(encoding)
            except (LookupError, UnicodeError, ValueError):
                continue
    return content.decode("cp1252", "replace")


def _expanded(found: re.Match[str]) -> str:
    """What a reference stands for, as text of XML; an ampersand that refers to nothing as one."""
    whole, number, name = found[0], found["number"], found["name"]
    if not whole.startswith("&") or name in _OF_XML:
        return whole
    if number is not None:
        text = html.unescape(whole)
    elif name is not None and f"{name};" in html5:
        text = html5[f"{name};"]
    else:
        return f"&amp;{whole[1:]}"
    return html.escape(_NOT_IN_XML.sub("", text), quote=True)


def _with_namespaces(text: str) -> str:
    """Declares the prefixes that a document uses and forgot to declare."""
    root = _ROOT.search(text)
    if root is None:
        return text
    used = {first or second for first, second in _PREFIX.findall(text)} - {"xml", "xmlns"} - set(_DECLARED.findall(text))
    if not used or len(used) > _MOST_PREFIXES:
        return text
    declared = "".join(f' xmlns:{prefix}="{_NAMESPACES.get(prefix, f"urn:undeclared:{prefix}")}"' for prefix in sorted(used))
    return f"{text[: root.end()]}{declared}{text[root.end() :]}"


def parse_xml(content: bytes, service: str) -> Element:
    """The root of a document. Raises Damaged for entities, external documents, and text that is not well formed."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    first = _FIRST_TAG.search(content)
    if _OUTSIDE.search(content, 0, first.start() if first else len(content)):
        raise Damaged(f"{service} sent XML with a document elsewhere that defines it, which is refused.")
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

"""Two magazines: `/feeds/newswire.xml` as RSS 2.0, `/feeds/magazine.xml` as Atom, both with ETag and Last-Modified."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from hashlib import blake2b
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import simulation
from connectors.simulator.calendar import moment, rfc3339
from connectors.simulator.talk import FeedEntry

_ATOM = "http://www.w3.org/2005/Atom"


async def feed(request: Request) -> Response:
    """A magazine's articles of the last two days, newest first."""
    running = simulation(request)
    name = request.path_params["name"]
    if name not in _WRITERS:
        return PlainTextResponse("Not Found", 404)
    write, media_type = _WRITERS[name]
    entries = running.world.talk.entries(name, running.now)
    changed = moment(entries[0].published) if entries else None
    return conditional(request, tostring(write(name, entries), encoding="utf-8", xml_declaration=True), media_type, changed)


def conditional(request: Request, content: bytes, media_type: str, changed: datetime | None) -> Response:
    """Send a document with its validators, or 304 when the caller has this version already."""
    tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "max-age=300"}
    if changed is not None:
        headers["Last-Modified"] = format_datetime(changed, usegmt=True)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=f"{media_type}; charset=utf-8", headers=headers)


def _link(entry: FeedEntry) -> str:
    return f"https://example.com/articles/{entry.entry_id.rpartition(':')[2]}"


def _rss(name: str, entries: list[FeedEntry]) -> Element:
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    for tag, text in (("title", name.title()), ("link", "https://example.com/"), ("description", "What is talked about")):
        SubElement(channel, tag).text = text
    for entry in entries:
        item = SubElement(channel, "item")
        SubElement(item, "title").text = entry.title
        SubElement(item, "link").text = _link(entry)
        SubElement(item, "guid", isPermaLink="false").text = entry.entry_id
        SubElement(item, "author").text = entry.author
        SubElement(item, "pubDate").text = format_datetime(moment(entry.published))
        SubElement(item, "description").text = entry.summary
    return root


def _atom(name: str, entries: list[FeedEntry]) -> Element:
    root = Element("feed", xmlns=_ATOM)
    SubElement(root, "title").text = name.title()
    SubElement(root, "id").text = f"tag:example.com,{name}"
    if entries:
        SubElement(root, "updated").text = rfc3339(entries[0].published)
    for entry in entries:
        item = SubElement(root, "entry")
        SubElement(item, "title").text = entry.title
        SubElement(item, "link", href=_link(entry))
        SubElement(item, "id").text = entry.entry_id
        SubElement(SubElement(item, "author"), "name").text = entry.author
        SubElement(item, "published").text = rfc3339(entry.published)
        SubElement(item, "updated").text = rfc3339(entry.published)
        SubElement(item, "summary", type="html").text = entry.summary
    return root


_WRITERS = {"newswire": (_rss, "application/rss+xml"), "magazine": (_atom, "application/atom+xml")}

ROUTES = [Route("/feeds/{name}.xml", feed)]

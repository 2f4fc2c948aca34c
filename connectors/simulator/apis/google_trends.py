"""Google Trends' feed of trending searches: `/trending/rss?geo=US`, of the last day or the last hours."""

from __future__ import annotations

from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.feeds import conditional
from connectors.simulator.apis.google import simulation
from connectors.simulator.calendar import moment
from connectors.simulator.talk import SEARCH_DELAY_HOURS, Search
from core.clock import PACIFIC

NAMESPACE = "https://trends.google.com/trending/rss"


async def trending(request: Request) -> Response:
    """The trending searches of a country; an unknown country has none, as in the real one."""
    running = simulation(request)
    geo, hours = request.query_params.get("geo", ""), request.query_params.get("hours", "24")
    if not geo or not hours.isdecimal() or int(hours) not in SEARCH_DELAY_HOURS:
        return PlainTextResponse("Bad Request", 400)
    known = geo in running.world.scenario.countries
    found = running.world.talk.searches(geo, int(hours), running.now) if known else []
    link = f"https://trends.google.com/trending/rss?geo={geo}"
    root = Element("rss", {"version": "2.0", "xmlns:ht": NAMESPACE})
    channel = SubElement(root, "channel")
    for name, text in (("title", "Daily Search Trends"), ("description", "Recent searches"), ("link", link)):
        SubElement(channel, name).text = text
    for search in found:
        _append(channel, search, link)
    return conditional(request, tostring(root, encoding="utf-8", xml_declaration=True), "application/xml", None)


def _append(channel: Element, search: Search, link: str) -> None:
    item = SubElement(channel, "item")
    SubElement(item, "title").text = search.title
    SubElement(item, "ht:approx_traffic").text = f"{search.traffic}+"
    SubElement(item, "description")
    SubElement(item, "link").text = link
    SubElement(item, "pubDate").text = format_datetime(moment(search.began).astimezone(PACIFIC))
    for number, headline in enumerate(search.news):
        news = SubElement(item, "ht:news_item")
        slug = headline.lower().replace(" ", "-")
        parts = (("title", headline), ("snippet", ""), ("url", f"https://example.com/{slug}"), ("source", f"Paper {number + 1}"))
        for name, text in parts:
            SubElement(news, f"ht:news_item_{name}").text = text


ROUTES = [Route("/trending/rss", trending)]

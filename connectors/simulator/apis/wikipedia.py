"""Wikimedia pageviews REST API: the top list of a day and one article's days. A day shows some hours after its end."""

from __future__ import annotations

from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import simulation
from connectors.simulator.calendar import EPOCH_ORDINAL, WORLD_BEGIN

PROJECTS = frozenset({"en.wikipedia", "en.wikipedia.org"})
DELAY_HOURS = 6.0
TOP_SIZE = 1000
MAIN_SHARE = {"all-access": 1.0, "desktop": 0.35, "mobile-web": 0.6, "mobile-app": 0.05}


async def top(request: Request) -> Response:
    """The most read articles of a day."""
    place = request.path_params
    try:
        ordinal = date(int(place["year"]), int(place["month"]), int(place["day"])).toordinal()
    except ValueError:
        return _bad_request(request, "Given year/month/day is invalid date")
    if not _is_known(request, ordinal):
        return _not_found(request)
    articles = simulation(request).world.articles(ordinal)[:TOP_SIZE]
    ranked = [{"article": article.name, "views": article.views, "rank": rank} for rank, article in enumerate(articles, 1)]
    day = {name: place[name] for name in ("year", "month", "day")}
    item = {"project": place["project"].removesuffix(".org"), "access": place["access"], **day, "articles": ranked}
    return JSONResponse({"items": [item]})


async def per_article(request: Request) -> Response:
    """Daily reads of an article."""
    place = request.path_params
    if place["granularity"] != "daily":
        return _bad_request(request, "Only daily granularity is served here")
    try:
        begin, end = (datetime.strptime(place[name][:8], "%Y%m%d").toordinal() for name in ("start", "end"))  # noqa: DTZ007
    except ValueError:
        return _bad_request(request, "start and end timestamps are invalid, must be a valid date in YYYYMMDD format")
    if begin > end:
        return _bad_request(request, "start timestamp should be before the end timestamp")
    items = []
    for ordinal in range(begin, end + 1):
        if not _is_known(request, ordinal):
            continue
        views = next(
            (article.views for article in simulation(request).world.articles(ordinal) if article.name == place["article"]), None
        )
        if views is not None:
            item = {name: place[name] for name in ("article", "granularity", "access", "agent")}
            stamp = date.fromordinal(ordinal).strftime("%Y%m%d00")
            share = MAIN_SHARE[place["access"]]
            items.append(
                {"project": place["project"].removesuffix(".org"), **item, "timestamp": stamp, "views": int(views * share)}
            )
    return JSONResponse({"items": items}) if items else _not_found(request)


def _is_known(request: Request, ordinal: int) -> bool:
    place = request.path_params
    if place["project"] not in PROJECTS or place["access"] not in MAIN_SHARE or ordinal < WORLD_BEGIN.toordinal():
        return False
    return (ordinal + 1 - EPOCH_ORDINAL) * 24 + DELAY_HOURS <= simulation(request).now


def _not_found(request: Request) -> Response:
    return problem(request.url.path, 404)


def _bad_request(request: Request, detail: str) -> Response:
    return _problem(request.url.path, 400, "invalid_request", "Invalid parameters", detail)


def problem(path: str, status: int) -> Response:
    """An error of this API for a path."""
    detail = (
        "The date(s) you used are valid, but we either do not have data for those date(s), or the project you asked for is not "
        "loaded yet. Please check documentation for more information."
    )
    if status == 404:
        return _problem(path, 404, "not_found", "Not found.", detail)
    return _problem(path, status, "internal_error" if status >= 500 else "forbidden", "The request failed.", "")


def _problem(path: str, code: int, kind: str, title: str, detail: str) -> Response:
    uri = f"/wikimedia.org/v1{path.removeprefix('/api/rest_v1')}"
    body = {
        "type": f"https://mediawiki.org/wiki/HyperSwitch/errors/{kind}",
        "title": title,
        "method": "get",
        "detail": detail,
        "uri": uri,
    }
    return JSONResponse(body, code, media_type="application/problem+json")


_BASE = "/api/rest_v1/metrics/pageviews"
ROUTES = [
    Route(f"{_BASE}/top/{{project}}/{{access}}/{{year}}/{{month}}/{{day}}", top),
    Route(f"{_BASE}/per-article/{{project}}/{{access}}/{{agent}}/{{article}}/{{granularity}}/{{start}}/{{end}}", per_article),
]

"""Hacker News API v0: topstories and item. Unknown items are `null` with status 200, as in the real one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import simulation


async def top_stories(request: Request) -> Response:
    """Ids of the front page, best first."""
    running = simulation(request)
    return JSONResponse([story.story_id for story in running.world.market.stories(running.now)])


async def item(request: Request) -> Response:
    """A story."""
    running = simulation(request)
    text = request.path_params["story_id"]
    story = running.world.market.story(int(text), running.now) if text.isdecimal() else None
    if story is None:
        return JSONResponse(None)
    body = {
        "by": story.author,
        "descendants": story.comments,
        "id": story.story_id,
        "score": story.score,
        "time": int(story.posted * 3600),
        "title": story.title,
        "type": "story",
        "url": story.url,
    }
    return JSONResponse(body)


ROUTES = [
    Route("/v0/topstories.json", top_stories),
    Route("/v0/item/{story_id}.json", item),
]

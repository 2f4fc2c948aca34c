"""Reddit: an app's access token, and the hot listing of a subreddit, with a token or as the public JSON."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import simulation
from connectors.simulator.identity import token
from connectors.simulator.talk import Post

CLIENT_ID = "simulator-reddit"
CLIENT_SECRET = "simulator-reddit-secret"  # noqa: S105 - opens nothing but this imitation
TOKEN_SECONDS = 86_400
_TOKEN = token("reddit", CLIENT_ID, length=40)


async def grant(request: Request) -> Response:
    """OAuth's client credentials."""
    form = dict(parse_qsl((await request.body()).decode(errors="replace")))
    if not _knows_app(request.headers.get("authorization", "")):
        return JSONResponse({"message": "Unauthorized", "error": 401}, 401)
    if form.get("grant_type") != "client_credentials":
        return JSONResponse({"error": "unsupported_grant_type"})
    return JSONResponse({"access_token": _TOKEN, "token_type": "bearer", "expires_in": TOKEN_SECONDS, "scope": "*"})


async def hot(request: Request) -> Response:
    """A subreddit's posts, hottest first, beneath one that moderators pinned."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme and (scheme.lower() != "bearer" or not hmac.compare_digest(given, _TOKEN)):
        return JSONResponse({"message": "Unauthorized", "error": 401}, 401)
    running, subreddit = simulation(request), request.path_params["subreddit"]
    posts = running.world.talk.posts(subreddit, running.now)
    if posts is None:
        return JSONResponse({"message": "Not Found", "error": 404}, 404)
    limit = request.query_params.get("limit", "25")
    shown = posts[: min(int(limit), 100) if limit.isdecimal() else 25]
    children = [_pinned(subreddit), *(_child(subreddit, post) for post in shown)]
    after = f"t3_{shown[-1].post_id}" if len(shown) < len(posts) else None
    data = {"after": after, "dist": len(children), "modhash": "", "geo_filter": "", "children": children, "before": None}
    headers = {"x-ratelimit-used": "1", "x-ratelimit-remaining": "99.0", "x-ratelimit-reset": "300"}
    return JSONResponse({"kind": "Listing", "data": data}, headers=headers)


def refusal(path: str, status: int, reason: str | None) -> Response:
    """How a subreddit is refused: `private`, `quarantined` (403), `banned` (404), or sent to the search (302)."""
    if status == 302:
        return Response(status_code=302, headers={"Location": f"/subreddits/search.json?q={path.split('/')[2]}"})
    words = {403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 503: "Service Unavailable"}
    body: dict[str, Any] = {"message": words.get(status, "Internal Server Error"), "error": status}
    return JSONResponse(body if reason is None else {"reason": reason, **body}, status)


def _child(subreddit: str, post: Post, *, stickied: bool = False) -> dict[str, Any]:
    slug = "_".join("".join(letter if letter.isalnum() else " " for letter in post.title.lower()).split())[:50]
    return {
        "kind": "t3",
        "data": {
            "id": post.post_id,
            "name": f"t3_{post.post_id}",
            "subreddit": subreddit,
            "subreddit_name_prefixed": f"r/{subreddit}",
            "title": post.title,
            "author": post.author,
            "author_fullname": f"t2_{token('author', post.author, length=6).lower()}",
            "selftext": "",
            "score": post.score,
            "ups": post.score,
            "upvote_ratio": 0.93,
            "num_comments": post.comments,
            "created_utc": float(int(post.posted * 3600)),
            "permalink": f"/r/{subreddit}/comments/{post.post_id}/{slug}/",
            "url": f"https://www.reddit.com/r/{subreddit}/comments/{post.post_id}/{slug}/",
            "domain": f"self.{subreddit}",
            "link_flair_text": None,
            "is_self": True,
            "over_18": False,
            "stickied": stickied,
        },
    }


def _pinned(subreddit: str) -> dict[str, Any]:
    rules = Post("rules", f"Welcome to r/{subreddit}: read this first", "AutoModerator", 12, 3, posted=483_000.0)
    return _child(subreddit, rules, stickied=True)


def _knows_app(header: str) -> bool:
    scheme, _, given = header.partition(" ")
    try:
        text = base64.b64decode(given, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(text.encode(), f"{CLIENT_ID}:{CLIENT_SECRET}".encode())


ROUTES = [Route("/api/v1/access_token", grant, methods=["POST"]), Route("/r/{subreddit}/hot.json", hot)]

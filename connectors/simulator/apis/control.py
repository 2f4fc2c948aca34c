"""The simulator's own endpoints under `/_simulator`: clock, health, credentials, range, competitors, quota, faults, and what an
owner does elsewhere than in an API: withdraw a consent, take a video down. No real service has these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import FAILURES, simulation
from connectors.simulator.calendar import hours, pacific_ordinal, rfc3339
from connectors.simulator.faults import KINDS, Fault
from connectors.simulator.simulation import (
    API_KEY,
    CLIENT_ID,
    CLIENT_SECRET,
    ELEVENLABS_KEY,
    OPENAI_KEY,
    PROJECT,
    SCOPES,
    TOKEN_STATES,
)
from connectors.simulator.state import Mark
from core.errors import OutsideMarket


async def set_clock(request: Request) -> Response:
    """Move the simulated clock to `now`, an ISO time with offset."""
    try:
        text = (await _body(request))["now"]
        asked = datetime.fromisoformat(text)
        if asked.tzinfo is None:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return _refused("InvalidInput", 'Send {"now": an ISO time with offset}.')
    try:
        simulation(request).set_clock(hours(asked))
    except OutsideMarket as error:
        return _refused("OutsideMarket", f"{asked.isoformat()} is outside the market. {error}")
    return JSONResponse({"now": rfc3339(simulation(request).now)})


async def health(request: Request) -> Response:
    """Whether the simulator answers, and its present moment."""
    return JSONResponse({"status": "ok", "now": rfc3339(simulation(request).now)})


async def market_range(request: Request) -> Response:
    """First and last day that the clock can be set to; the last is null when there is none."""
    market = simulation(request).world.market
    last = None if market.last_day is None else market.last_day.isoformat()
    return JSONResponse({"first_day": market.first_day.isoformat(), "last_day": last})


async def credentials(request: Request) -> Response:
    """What a client needs in place of real credentials, and the own channels."""
    running = simulation(request)
    channels = running.world.scenario.channels
    body = {
        "api_key": API_KEY,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "auth_uri": f"{request.base_url}o/oauth2/v2/auth",
        "token_uri": f"{request.base_url}oauth2/token",
        "revoke_uri": f"{request.base_url}oauth2/revoke",
        "refresh_tokens": {channel.channel_id: running.refresh_token(channel.channel_id) for channel in channels},
        "openai_api_key": OPENAI_KEY,
        "elevenlabs_api_key": ELEVENLABS_KEY,
        "channels": [
            {
                "channel_id": channel.channel_id,
                "handle": channel.handle,
                "title": channel.title,
                "niche": channel.niche,
                "category_id": channel.category_id,
                "timezone": channel.timezone,
                "slots": [
                    {
                        "slot": slot.slot,
                        "publish_local_time": slot.publish_local_time.strftime("%H:%M"),
                        "is_active": slot.is_active,
                    }
                    for slot in channel.slots
                ],
                "is_active": channel.is_active,
            }
            for channel in channels
        ],
    }
    return JSONResponse(body)


async def quota(request: Request) -> Response:
    """What the project has spent on the present Pacific day, by bucket."""
    running = simulation(request)
    return JSONResponse(running.state.spent(PROJECT, pacific_ordinal(running.now)))


async def competitors(request: Request) -> Response:
    """Channels of the market that chart most in the own channels' categories at the present moment: `count` of them."""
    running = simulation(request)
    text = request.query_params.get("count", "10")
    if not text.isdecimal():
        return _refused("InvalidInput", "Send count as a number.")
    return JSONResponse({"channel_ids": running.world.competitors(running.now, int(text))})


async def set_fault(request: Request) -> Response:
    """Let the next `count` calls under `path_prefix`, about `member` if one is given, fail; see `Fault`. A count of 0 lifts the
    fault of that prefix and member.

    Without a `kind` the fault is a `status`, of 503 unless told, or that of its `reason`.
    """
    try:
        table = await _body(request)
        kind = str(table.get("kind", "status"))
        reason = None if table.get("reason") is None else str(table["reason"])
        usual = FAILURES[reason][0] if reason in FAILURES else 503
        fault = Fault(
            path_prefix=str(table["path_prefix"]),
            kind=kind,
            count=int(table["count"]),
            after=int(table.get("after", 0)),
            status=int(table.get("status", {"rate": 429, "quota": 403}.get(kind, usual))),
            seconds=float(table.get("seconds", 1.0)),
            bytes=int(table.get("bytes", 0)),
            per_minute=None if table.get("per_minute") is None else int(table["per_minute"]),
            member=None if table.get("member") is None else str(table["member"]),
            reason=reason,
        )
        is_possible = (
            kind in KINDS
            and (fault.status == 302 or 400 <= fault.status <= 599)
            and fault.count >= 0
            and 0 <= fault.seconds <= 600
            and fault.bytes >= 0
        )
        if not is_possible or (kind == "rate" and fault.status not in {403, 429}):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        known = ", ".join(sorted(KINDS))
        return _refused("InvalidInput", f'Send {{"path_prefix": "/…", "kind": one of {known}, "count": 0 or more, …}}.')
    running = simulation(request)
    place = (fault.path_prefix, fault.member)
    running.faults = [other for other in running.faults if (other.path_prefix, other.member) != place]
    if fault.count:
        running.faults.append(fault)
    return JSONResponse({"faults": [other.table() for other in running.faults]})


async def faults(request: Request) -> Response:
    """The faults that are on, with how many calls each will still hit."""
    return JSONResponse({"faults": [fault.table() for fault in simulation(request).faults]})


async def lift_faults(request: Request) -> Response:
    """Lift all faults."""
    simulation(request).faults = []
    return JSONResponse({"faults": []})


async def set_token(request: Request) -> Response:
    """Put an own channel's consents into a `state`, or take `withheld` scopes back from them."""
    running = simulation(request)
    channel = running.world.scenario.own(request.path_params["channel_id"])
    try:
        table = await _body(request)
        state = str(table.get("state", "healthy"))
        withheld = frozenset(map(str, table.get("withheld", ())))
        if state not in TOKEN_STATES or not withheld <= SCOPES:
            raise ValueError
    except (ValueError, AttributeError, TypeError):
        return _refused("InvalidInput", f'Send {{"state": one of {", ".join(TOKEN_STATES)}, "withheld": [scopes]}}.')
    if channel is None:
        return _refused("InvalidInput", f"{request.path_params['channel_id']} is no own channel.")
    running.set_token_state(channel.channel_id, state, withheld)
    return JSONResponse({"channel_id": channel.channel_id, "state": state, "withheld": sorted(withheld)})


async def mark_video(request: Request) -> Response:
    """Make a video `available`, `private` or `deleted` from now on, hide or show its `likes`, open or close its `comments`."""
    running = simulation(request)
    video_id = request.path_params["video_id"]
    try:
        table = await _body(request)
        state = table.get("state", "available")
        likes, comments = table.get("likes", "shown"), table.get("comments", "open")
        if (
            state not in {"available", "private", "deleted"}
            or likes not in {"shown", "hidden"}
            or comments not in {"open", "closed"}
        ):
            raise ValueError
    except (ValueError, AttributeError, TypeError):
        message = 'Send {"state": "available|private|deleted", "likes": "shown|hidden", "comments": "open|closed"}.'
        return _refused("InvalidInput", message)
    if not running.world.has_video(video_id, running.now):
        return _refused("InvalidInput", f"There is no video {video_id} at {rfc3339(running.now)}.")
    running.state.mark(video_id, Mark(state, running.now, likes == "hidden", comments == "closed"))
    return JSONResponse({"video_id": video_id, "state": state, "likes": likes, "comments": comments})


async def _body(request: Request) -> dict[str, Any]:
    table: dict[str, Any] = await request.json()
    return table


def _refused(error: str, message: str) -> Response:
    return JSONResponse({"error": error, "message": message}, 400)


ROUTES = [
    Route("/_simulator/clock", set_clock, methods=["PUT"]),
    Route("/_simulator/health", health),
    Route("/_simulator/range", market_range),
    Route("/_simulator/credentials", credentials),
    Route("/_simulator/quota", quota),
    Route("/_simulator/competitors", competitors),
    Route("/_simulator/faults", set_fault, methods=["PUT"]),
    Route("/_simulator/faults", faults),
    Route("/_simulator/faults", lift_faults, methods=["DELETE"]),
    Route("/_simulator/channels/{channel_id}/token", set_token, methods=["PUT"]),
    Route("/_simulator/videos/{video_id}", mark_video, methods=["PUT"]),
]

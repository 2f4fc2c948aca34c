"""The simulator's own endpoints under `/_simulator`: clock, health, credentials, range, faults. No real API has these."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import simulation
from connectors.simulator.calendar import hours, pacific_ordinal, rfc3339
from connectors.simulator.simulation import API_KEY, CLIENT_ID, CLIENT_SECRET, ELEVENLABS_KEY, OPENAI_KEY, PROJECT, Fault
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
        "token_uri": f"{request.base_url}oauth2/token",
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


async def set_fault(request: Request) -> Response:
    """Let the next `count` calls under `path_prefix` fail with `status`; a count of 0 lifts the faults of that prefix."""
    try:
        table = await _body(request)
        fault = Fault(str(table["path_prefix"]), int(table["status"]), int(table["count"]))
        if not 400 <= fault.status <= 599 or fault.count < 0:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return _refused("InvalidInput", 'Send {"path_prefix": "/…", "status": 400..599, "count": 0 or more}.')
    running = simulation(request)
    running.faults = [other for other in running.faults if other.path_prefix != fault.path_prefix]
    if fault.count:
        running.faults.append(fault)
    return JSONResponse(
        {"faults": [{"path_prefix": f.path_prefix, "status": f.status, "count": f.count} for f in running.faults]}
    )


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
    Route("/_simulator/faults", set_fault, methods=["PUT"]),
]

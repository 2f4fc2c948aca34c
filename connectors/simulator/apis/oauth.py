"""Google's OAuth token endpoint: the refresh_token grant."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import simulation
from connectors.simulator.simulation import CLIENT_ID, CLIENT_SECRET, TOKEN_SECONDS

SCOPES = (
    "https://www.googleapis.com/auth/youtube",
    "https://www.googleapis.com/auth/youtube.upload",
    "https://www.googleapis.com/auth/yt-analytics.readonly",
    "https://www.googleapis.com/auth/yt-analytics-monetary.readonly",
)


async def grant_token(request: Request) -> Response:
    """Exchange a refresh token for an access token."""
    form = dict(parse_qsl((await request.body()).decode(errors="replace")))
    if form.get("grant_type") != "refresh_token":
        return _error(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
    if form.get("client_id") != CLIENT_ID:
        return _error(401, "invalid_client", "The OAuth client was not found.")
    if form.get("client_secret") != CLIENT_SECRET:
        return _error(401, "invalid_client", "Unauthorized")
    running = simulation(request)
    for channel in running.world.scenario.channels:
        if form.get("refresh_token") == running.refresh_token(channel.channel_id):
            body = {
                "access_token": running.access_token(channel.channel_id),
                "expires_in": TOKEN_SECONDS,
                "scope": " ".join(SCOPES),
                "token_type": "Bearer",
            }
            return JSONResponse(body, headers={"Cache-Control": "no-store"})
    return _error(400, "invalid_grant", "Token has been expired or revoked.")


def _error(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


ROUTES = [Route("/oauth2/token", grant_token, methods=["POST"])]

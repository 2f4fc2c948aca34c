"""The HTTP application: all imitated APIs on one port, the fault switch before them, Google's errors after them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from connectors.simulator.apis import (
    control,
    elevenlabs,
    feeds,
    google,
    google_trends,
    hackernews,
    oauth,
    openai,
    reddit,
    thumbnails,
    wikipedia,
    youtube_analytics,
    youtube_data,
    youtube_reporting,
    youtube_upload,
)
from connectors.simulator.faults import Fault, Faults
from connectors.simulator.simulation import Simulation


def _refusal(path: str, fault: Fault) -> Response:
    """The error of a fault, in the shape of the API that the path belongs to."""
    if path.startswith("/openai/"):
        message = "The server had an error while processing your request. Sorry about that!"
        response = openai.OpenAIError(fault.status, message).response()
    elif path.startswith("/elevenlabs/"):
        busy = {"status": "system_busy", "message": "The system is experiencing heavy traffic."}
        response = elevenlabs.ElevenLabsError(fault.status, busy).response()
    elif path.startswith("/r/") and fault.kind == "status":
        response = reddit.refusal(path, fault.status, fault.reason)
    elif path.startswith("/api/rest_v1/") and fault.kind == "status":
        response = wikipedia.problem(path, fault.status)
    elif fault.kind == "quota":
        response = google.quota_exceeded().response()
    elif fault.kind == "rate":
        response = google.rate_limited(fault.status).response()
    else:
        response = google.failure(path, fault.status, fault.reason).response()
    if response.status_code in {429, 503}:
        response.headers["Retry-After"] = f"{fault.seconds:g}"
    return response


async def _shaped(request: Request, error: Exception) -> Response:
    assert isinstance(error, google.GoogleError | openai.OpenAIError | elevenlabs.ElevenLabsError)
    return error.response()


def build_app(simulation: Simulation) -> Starlette:
    """Make the application of a simulation."""
    youtube = (oauth, youtube_data, youtube_upload, youtube_analytics, youtube_reporting, thumbnails)
    apis = (control, *youtube, google_trends, reddit, feeds, hackernews, wikipedia, openai, elevenlabs)
    shapes = (google.GoogleError, openai.OpenAIError, elevenlabs.ElevenLabsError)
    routes = [route for api in apis for route in api.ROUTES]
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys(shapes, _shaped))

    def acting(access_token: str) -> str | None:
        bearer = simulation.bearer(access_token)
        return None if bearer is None else bearer.channel_id

    app.add_middleware(Faults, faults=lambda: simulation.faults, refusal=_refusal, acting=acting)
    app.state.simulation = simulation
    return app

"""The HTTP application: all imitated APIs on one port, the fault switch before them, Google's errors after them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.simulator.apis import (
    control,
    elevenlabs,
    google,
    hackernews,
    oauth,
    openai,
    thumbnails,
    wikipedia,
    youtube_analytics,
    youtube_data,
    youtube_reporting,
    youtube_upload,
)
from connectors.simulator.simulation import Simulation


class Faults:
    """Answers calls under a faulty prefix with its error; see `Simulation.faults`."""

    def __init__(self, app: ASGIApp, simulation: Simulation) -> None:
        self._app = app
        self._simulation = simulation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/_simulator/"):
            for fault in self._simulation.faults:
                if fault.count > 0 and scope["path"].startswith(fault.path_prefix):
                    fault.count -= 1
                    await _fault_answer(scope["path"], fault.status)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _fault_answer(path: str, status: int) -> Response:
    """An error of this status in the shape of the API that the path belongs to."""
    if path.startswith("/openai/"):
        message = "The server had an error while processing your request. Sorry about that!"
        response = openai.OpenAIError(status, message).response()
    elif path.startswith("/elevenlabs/"):
        busy = {"status": "system_busy", "message": "The system is experiencing heavy traffic."}
        response = elevenlabs.ElevenLabsError(status, busy).response()
    else:
        response = google.GoogleError(status, "backendError", "Backend Error", domain="global").response()
    if status in {429, 503}:
        response.headers["Retry-After"] = "1"
    return response


async def _shaped(request: Request, error: Exception) -> Response:
    assert isinstance(error, google.GoogleError | openai.OpenAIError | elevenlabs.ElevenLabsError)
    return error.response()


def build_app(simulation: Simulation) -> Starlette:
    """Make the application of a simulation."""
    youtube = (oauth, youtube_data, youtube_upload, youtube_analytics, youtube_reporting, thumbnails)
    apis = (control, *youtube, hackernews, wikipedia, openai, elevenlabs)
    shapes = (google.GoogleError, openai.OpenAIError, elevenlabs.ElevenLabsError)
    routes = [route for api in apis for route in api.ROUTES]
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys(shapes, _shaped))
    app.add_middleware(Faults, simulation=simulation)
    app.state.simulation = simulation
    return app

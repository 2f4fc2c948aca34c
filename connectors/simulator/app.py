"""The HTTP application: all imitated APIs on one port, the fault switch before them, Google's errors after them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.simulator.apis import (
    control,
    google,
    hackernews,
    oauth,
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
                    await _fault_answer(fault.status)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _fault_answer(status: int) -> Response:
    error = google.GoogleError(status, "backendError", "Backend Error", domain="global")
    return JSONResponse(error.body, status, headers={"Retry-After": "1"} if status in {429, 503} else None)


def _google_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, google.GoogleError)
    return error.response()


def build_app(simulation: Simulation) -> Starlette:
    """Make the application of a simulation."""
    apis = (control, oauth, youtube_data, youtube_upload, youtube_analytics, youtube_reporting, thumbnails, hackernews, wikipedia)
    app = Starlette(
        routes=[route for api in apis for route in api.ROUTES], exception_handlers={google.GoogleError: _google_error}
    )
    app.add_middleware(Faults, simulation=simulation)
    app.state.simulation = simulation
    return app

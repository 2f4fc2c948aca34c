"""Pictures of simulated videos under `/vi/`, where YouTube's image host keeps them: the uploaded one, else a drawn one."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.simulator import pictures
from connectors.simulator.apis.google import simulation
from connectors.simulator.audience import ThumbnailTraits

_SIZES = {"default": (120, 90), "mqdefault": (320, 180), "hqdefault": (480, 360), "maxresdefault": (640, 360)}


async def picture(request: Request) -> Response:
    """A video's thumbnail as JPEG."""
    running = simulation(request)
    video_id, size = request.path_params["video_id"], _SIZES.get(request.path_params["name"])
    face = running.world.face(video_id, running.now)
    if size is None or face is None:
        return PlainTextResponse("Not found", 404)
    kept = running.state.picture(video_id, running.now)
    content = _drawn(video_id, face, size) if kept is None else _resized(Image.open(io.BytesIO(kept)), size)
    return Response(content, media_type="image/jpeg")


@lru_cache(maxsize=512)
def _drawn(video_id: str, face: ThumbnailTraits, size: tuple[int, int]) -> bytes:
    return _resized(pictures.draw(face, video_id), size)


def _resized(picture: Image.Image, size: tuple[int, int]) -> bytes:
    return pictures.jpeg(picture if picture.size == size else picture.resize(size))


ROUTES = [Route("/vi/{video_id}/{name}.jpg", picture)]

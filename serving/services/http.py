"""What a service shows over HTTP beside its predictions: the envelope, the served models, and its OpenAPI document."""

from __future__ import annotations

from typing import Any

import bentoml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from serving import schemas
from serving.services.envelope import Envelope

_REQUESTS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    schemas.TREND_PATH: (schemas.TrendRequest, schemas.TrendAnswer),
    schemas.QUALITY_PATH: (schemas.QualityRequest, schemas.QualityAnswer),
    schemas.CTR_PATH: (schemas.CtrRequest, schemas.CtrAnswer),
}
_REFERENCE = "#/components/schemas/{model}"
_REFUSALS = {
    "400": "The body is not JSON.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "A field is missing, unknown or outside its limits.",
    "500": "The server failed.",
    "503": "The feature store does not answer.",
    "504": "The answer was not ready in time.",
}
_INFRASTRUCTURE = {
    "/livez": "200 while the process lives.",
    "/readyz": "200 while features can be read.",
    "/healthz": "The same as /livez.",
    "/metrics": "Prometheus metrics.",
}


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>YTEMPIRE models</title>
<link rel="stylesheet" href="./static_content/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="./static_content/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "./docs.json", dom_id: "#swagger-ui"})</script></body></html>
"""
"""Instead of BentoML's own page, which loads a tracker from another site."""

LEAN: dict[str, Any] = {"workers": 1, "logging": {"access": {"enabled": False}}}
"""Configuration of every service: one process, and no line per request."""


def publish(service: bentoml.Service[Any]) -> bentoml.Service[Any]:
    """Put a service into the envelope, and mount the pages that BentoML does not make or makes without our limits."""
    document = openapi(service)

    def show_models(_: Request) -> Response:
        answer: schemas.ModelsAnswer = bentoml.get_current_service().models()
        return Response(answer.model_dump_json(), media_type="application/json")

    def show_document(_: Request) -> Response:
        return JSONResponse(document)

    def show_page(_: Request) -> Response:
        return HTMLResponse(_PAGE)

    routes = [Route(schemas.MODELS_PATH, show_models), Route("/docs.json", show_document), Route("/", show_page)]
    service.mount_asgi_app(Starlette(routes=routes))
    service.add_asgi_middleware(Envelope)
    return service


def openapi(service: bentoml.Service[Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a service, made of the schemas that requests are checked against."""
    routes = {api.route: api for api in service.apis.values()}
    requests = {path: models for path, models in _REQUESTS.items() if path in routes}
    answers = [answer for _, answer in requests.values()] + [schemas.ModelsAnswer, schemas.ErrorAnswer]
    _, definitions = models_json_schema(
        [(request, "validation") for request, _ in requests.values()] + [(answer, "serialization") for answer in answers],
        ref_template=_REFERENCE,
    )
    paths: dict[str, Any] = {
        path: {
            "post": {
                "tags": ["Models"],
                "operationId": routes[path].name,
                "summary": (routes[path].doc or "").partition(".")[0],
                "description": routes[path].doc or "",
                "requestBody": {"required": True, "content": _content(request)},
                "responses": _responses(answer),
            }
        }
        for path, (request, answer) in requests.items()
    }
    paths[schemas.MODELS_PATH] = {
        "get": {
            "tags": ["Models"],
            "operationId": "list_models",
            "summary": "The served models, their versions and their metrics beside the baseline's",
            "responses": _responses(schemas.ModelsAnswer, refusals=("500",)),
        }
    }
    for path, meaning in _INFRASTRUCTURE.items():
        paths[path] = {"get": {"tags": ["Infrastructure"], "summary": meaning, "responses": {"200": {"description": meaning}}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "YTEMPIRE models",
            "version": schemas.API_VERSION,
            "description": "Predictions of the champion models. Features are read online by id; a draft brings its own.",
        },
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}


def _responses(answer: type[BaseModel], refusals: tuple[str, ...] = tuple(_REFUSALS)) -> dict[str, Any]:
    failures = {status: {"description": _REFUSALS[status], "content": _content(schemas.ErrorAnswer)} for status in refusals}
    return {"200": {"description": answer.__doc__, "content": _content(answer)}, **failures}

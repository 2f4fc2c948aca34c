"""The model server as an asset: what it serves is brought up to date after each promotion."""

from __future__ import annotations

import dagster as dg

from orchestration.partitions import daily
from orchestration.resources import Platform


@dg.asset(
    key=["model_server"],
    group_name="serving",
    deps=[dg.AssetKey(["model", name, "champion"]) for name in ("trend", "quality", "ctr")],
    partitions_def=daily,
    owners=["team:ml"],
    kinds={"python", "bentoml", "onnx"},
    description="The HTTP server of the champion models, restarted when one of them changed.",
)
def model_server(platform: Platform) -> dg.MaterializeResult:
    """Pack the champions, start or restart the server on them, and report what it says it serves."""
    from serving.client import ScoringClient
    from serving.packaging import resolve_server

    stack = platform.get()
    with ScoringClient(resolve_server(stack.settings, stack.mlflow_url, stack.database_url, stack.redis_url)) as client:
        cards = client.models()
    return dg.MaterializeResult(metadata={card.model: f"{card.version} ({card.kind})" for card in cards})


ASSETS = [model_server]

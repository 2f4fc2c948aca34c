"""A challenger per niche as an asset, for each task whose rows have a category. How is said in `training.niches`.

Without a champion of the task, or with too little data, there is no challenger, and the run says why and succeeds."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from core.errors import NotReady
from orchestration.failures import plain_failures
from orchestration.ingestion import markdown_table
from orchestration.resources import Platform
from orchestration.stack import Stack

if TYPE_CHECKING:
    from training.niches import NicheVerdict

TASKS = ("trend48", "early7")


def niches_key(task: str) -> dg.AssetKey:
    """Address of a task's niches."""
    return dg.AssetKey(["model", task, "niches"])


def niches_asset(name: str) -> dg.AssetsDefinition:
    """The niches of a task."""

    @dg.asset(
        key=niches_key(name),
        deps=[dg.AssetKey(["marts", "fct_video_reading"])],
        group_name="training",
        owners=["team:ml"],
        kinds={"lightgbm", "mlflow"},
        description=f"Challengers of {name} that learn from one niche each. One answers for its niche while it is surely better.",
    )
    def niches(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
        """Train, judge and put to use or retire."""
        with plain_failures(context):
            try:
                verdicts = train(platform.get(), name)
            except NotReady as reason:
                return dg.MaterializeResult(metadata={"reason": str(reason)})
            return dg.MaterializeResult(metadata=_metadata(verdicts))

    return niches


def train(stack: Stack, name: str) -> "list[NicheVerdict]":
    """Train the niches of a task on the market's archives, or on the warehouse where it has none."""
    from training.niches import train_niches
    from training.sources import ArchiveFolder
    from training.tasks import task as task_of
    from training.tasks.pipeline import prepare
    from training.tracking import Tracker
    from training.warehouse import WarehouseSource

    task, settings = task_of(name), stack.settings
    source = ArchiveFolder(settings.data) if settings.data is not None else WarehouseSource(stack.engine)
    tracker = Tracker(stack.mlflow_url, settings.state / "mlflow")
    return train_niches(task, prepare(task, task.read(source)), tracker, settings.state, settings.home)


def _metadata(verdicts: "list[NicheVerdict]") -> dict[str, Any]:
    rows = [
        {
            "niche": found.niche,
            "learnt": f"{found.learnt_rows:,}",
            "judged": f"{found.judged_rows:,}",
            "version": found.version or "",
            "reason": found.reason,
        }
        for found in verdicts
    ]
    in_use = sum(found.version is not None for found in verdicts)
    return {"niches_in_use": in_use, "niches": dg.MetadataValue.md(markdown_table(rows) if rows else "none")}


ASSETS = [niches_asset(name) for name in TASKS]

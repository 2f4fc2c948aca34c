"""The dbt project as assets: one per model and seed, with the dbt data tests as their checks.

Asset keys are `[schema, model]`; sources are the raw assets of `ingestion.py`, so that the lineage runs through. A build takes
in whatever was landed since the last one, whichever day it belongs to (dbt/macros/affected.sql): a partition of these assets is
the warehouse as it stood after that day's run. SQL lives in dbt/, Dagster's events here; nothing else calls dbt."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from filelock import FileLock
from packaging.version import Version

from core.errors import Damaged
from core.settings import ROOT
from orchestration.failures import plain_failures
from orchestration.partitions import daily
from orchestration.rebuilding import drop_outdated, note_built
from orchestration.resources import Platform

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from core.postgres.address import DatabaseAddress
    from orchestration.stack import Stack

PROJECT = ROOT / "dbt"
DBT = str(Path(sys.executable).with_name("dbt"))
RESULTS = "run_results.json"
NOT_BUILT = "resource_type:unit_test"
"""Unit tests check the SQL, not the day's data: tests/integration/warehouse runs them."""
COUNTED_SCHEMAS = frozenset({"intermediate", "marts", "features", "labels", "finance"})
"""Schemas of tables; the views of staging, reports and youtube_analytics are not counted, which would run them."""
NO_ASSETS = frozenset({"ops", "raw_archive"})
"""Sources that nothing ingests by the day: the platform's own tables, and imported files."""


class WarehouseTranslator(DagsterDbtTranslator):
    """Names a model's asset `[schema, model]`; a source is the raw asset that its meta names. Group and owners come from meta."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """Leave out sources that are no assets."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(deps=[dep for dep in spec.deps if dep.asset_key.path[0] not in NO_ASSETS])


TRANSLATOR = WarehouseTranslator()


def warehouse_assets(manifest_path: Path | None = None) -> dg.AssetsDefinition:
    """The warehouse's assets and checks, from a dbt manifest; without one the project's own, made when missing or out of date."""
    manifest = json.loads((manifest_path or prepare_manifest()).read_bytes())

    @dbt_assets(
        manifest=manifest,
        name="warehouse",
        exclude=NOT_BUILT,
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        dagster_dbt_translator=TRANSLATOR,
        pool="dbt",
    )
    def warehouse(context: dg.AssetExecutionContext, platform: Platform) -> Iterator[Any]:
        stack = platform.get()
        with plain_failures(context), clear_dbt_failures(stack.settings.state / "dbt"):
            yield from with_row_counts(context, stack.engine, quietly(build(context, manifest, stack)))

    return warehouse


def prepare_manifest(project: Path = PROJECT) -> Path:
    """Path of the project's manifest, made anew (about 3 s) if a file of the project is newer.

    Raises Damaged if the project does not parse."""
    target = project / "target"
    manifest = target / "manifest.json"
    target.mkdir(exist_ok=True)
    with FileLock(target / ".lock"):
        if not manifest.exists() or manifest.stat().st_mtime < _last_change(project):
            run = subprocess.run(  # noqa: S603 (dbt of this very environment)
                [DBT, "parse"], cwd=project, env=_environment(target), capture_output=True, text=True, check=False
            )
            if run.returncode:
                said = [line for line in run.stdout.splitlines() if line.strip()] or ["no word from dbt"]
                raise Damaged(f"The dbt project does not parse: {said[-1].strip()}", f"Run `dbt parse` in {project} and mend it.")
            os.utime(manifest)
    return manifest


def _last_change(project: Path) -> float:
    folders = [project / name for name in ("models", "seeds", "macros", "data-tests")]
    paths = [
        project / "dbt_project.yml",
        project / "profiles.yml",
        *folders,
        *(path for folder in folders for path in folder.rglob("*")),
    ]
    return max(path.stat().st_mtime for path in paths)


def build(context: dg.AssetExecutionContext, manifest: Mapping[str, Any], stack: "Stack") -> Iterator[Any]:
    """Run `dbt build` of the selected assets on the stack's database, and yield Dagster's events of it.

    Not by DbtCliResource: it starts dbt once more to learn its version, loads dbt into this process for column types, and hands
    the database's address over through this process's environment."""
    target = stack.settings.state / "dbt"
    target.mkdir(parents=True, exist_ok=True)
    (target / RESULTS).unlink(missing_ok=True)
    selection, _ = get_subset_selection_for_context(context, manifest, "fqn:*", NOT_BUILT, None, TRANSLATOR, None)
    with FileLock(target / ".lock"):
        # Of a part of the warehouse nothing is dropped: what stands on it would not be made again.
        if not context.is_subset and (outdated := drop_outdated(stack.engine, manifest)):
            context.log.info(f"Made anew, for what they are made of has changed: {', '.join(outdated)}.")
        try:
            yield from _events(context, manifest, stack, target, selection)
        finally:
            if not context.is_subset:
                note_built(stack.engine, manifest, _built(target))


def _built(target: Path) -> list[str]:
    """The nodes that the last run of dbt built."""
    results = target / RESULTS
    found = json.loads(results.read_bytes())["results"] if results.exists() else []
    return [result["unique_id"] for result in found if result["status"] == "success"]


def _events(
    context: dg.AssetExecutionContext, manifest: Mapping[str, Any], stack: "Stack", target: Path, selection: list[str]
) -> Iterator[Any]:
    yield from DbtCliInvocation.run(
        args=[DBT, "build", *selection],
        env=_environment(target, stack.database_address),
        manifest=manifest,
        dagster_dbt_translator=TRANSLATOR,
        project_dir=PROJECT,
        target_path=target,
        raise_on_error=True,
        context=context,
        adapter=None,
        cli_version=Version(version("dbt-core")),
    ).stream()


def _environment(target: Path, address: "DatabaseAddress | None" = None) -> dict[str, str]:
    """The whole environment of a dbt process. The target folder is kept, so that the next build parses only what changed."""
    database = (
        {}
        if address is None
        else {
            "YTEMPIRE_PG_HOST": address.host,
            "YTEMPIRE_PG_PORT": str(address.port),
            "YTEMPIRE_PG_USER": address.user,
            "YTEMPIRE_PG_PASSWORD": address.password,
            "YTEMPIRE_PG_DATABASE": address.database,
        }
    )
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_LOG_FORMAT": "json" if database else "text",
        **database,
    }


def quietly(events: Iterator[Any]) -> Iterator[Any]:
    """Pass events on, without the lines that dagster-dbt prints as it reads them: dbt.log in the target folder has them all."""
    while True:
        with redirect_stdout(io.StringIO()):
            event = next(events, None)
        if event is None:
            return
        yield event


def with_row_counts(context: dg.AssetExecutionContext, engine: "Engine", events: Iterator[Any]) -> Iterator[Any]:
    """Add the number of rows to each table's output."""
    for event in events:
        if isinstance(event, dg.Output):
            schema, table = context.asset_key_for_output(event.output_name).path
            if schema in COUNTED_SCHEMAS:
                with engine.connect() as connection:
                    rows = connection.exec_driver_sql(f'select count(*) from "{schema}"."{table}"').scalar_one()  # noqa: S608
                yield event.with_metadata({**event.metadata, "dagster/row_count": rows})
                continue
        yield event


@contextmanager
def clear_dbt_failures(target: Path) -> Iterator[None]:
    """Turn a failed build into Damaged, naming the first model or check that failed and what the database said of it."""
    try:
        yield
    except DagsterDbtCliRuntimeError as error:
        raise Damaged(
            f"The warehouse was not built: {_first_failure(target)}", f"Everything is in {target / 'dbt.log'}."
        ) from error


def _first_failure(target: Path) -> str:
    results = target / RESULTS
    found = json.loads(results.read_bytes())["results"] if results.exists() else []
    for result in found:
        if result["status"] in {"error", "fail", "runtime error"}:
            said = " ".join((result["message"] or "").split())
            return f"{result['unique_id'].split('.')[2]} failed, {said or 'without a word'}."
    return "dbt stopped before the first model."

"""The slot's assets in Dagster: values pass through the store, people see them, and a blocked script ends the slot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine, text

from core.clock import Clock
from core.ids import SlotId
from core.ledger.cost import CostLedger
from core.ledger.store import MemoryLedgerStore
from core.settings import Settings
from generation.artifacts import ArtifactStore
from generation.values import Decision, PastVideo, QualityVerdict, Script
from orchestration import generation
from orchestration.io_managers import ArtifactIOManager
from orchestration.partitions import lanes
from orchestration.resources import Platform
from tests.unit.generation.fakes import CLOCK, LANE, MOMENT, SLOT, FakeScorer, FakeVoice, FakeWarehouse

# Dagster itself calls what it deprecates, when a resource depends on another.
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning"),
]

KEY = dg.MultiPartitionKey({"date": SLOT.on.isoformat(), "lane": SLOT.lane})


class FakeStack:
    """A stack with a database and no other service."""

    def __init__(self, home: Path, engine: Engine) -> None:
        self.engine, self.clock = engine, CLOCK
        self.settings = Settings(home=home)
        self.artifacts_root = home / "artifacts"
        self.artifacts = ArtifactStore(self.artifacts_root)
        self.scorer, self.voice, self.language = FakeScorer(), FakeVoice(), None
        self.cost_ledger = CostLedger(MemoryLedgerStore())

    def clock_for_slot(self, slot: SlotId) -> Clock:
        assert slot == SLOT
        return CLOCK


@pytest.fixture
def stack(tmp_path: Path, warehouse_engine: Engine) -> FakeStack:
    return FakeStack(tmp_path, warehouse_engine)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(lanes.name), [LANE.lane_id])
        yield instance


def run(stack: FakeStack, instance: dg.DagsterInstance, assets: list[Any]) -> dg.ExecuteInProcessResult:
    platform = Platform.of(stack.settings, stack)  # type: ignore[arg-type]
    return dg.materialize(
        assets,
        resources={"platform": platform, "artifact_io": ArtifactIOManager(platform=platform)},
        partition_key=KEY,
        instance=instance,
        raise_on_error=False,
    )


def metadata(result: dg.ExecuteInProcessResult, name: str) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node(f"video__{name}")
    return {key: value.value for key, value in event.metadata.items()}


def test_a_slot_up_to_its_thumbnail(stack: FakeStack, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation.Desk, "warehouse", FakeWarehouse())
    result = run(stack, instance, generation.ASSETS[:5])
    assert result.success
    assert "Modern Warfare 4" in metadata(result, "topic")["reason"]
    assert "| title card |" in metadata(result, "script")["script"]
    assert metadata(result, "policy_verdict")["verdict"] == "approve"
    assert Path(metadata(result, "narration")["sound"]).exists()
    picture = metadata(result, "thumbnail")["thumbnail"]
    assert picture.startswith("![picture](data:image/jpeg;base64,")
    assert len(picture) < 82_000
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("policy_allows_video", True)

    cost = stack.cost_ledger.total(str(SLOT))
    assert cost > 0, "the machine's own work is booked"
    assert run(stack, instance, generation.ASSETS[:5]).success
    assert stack.cost_ledger.total(str(SLOT)) == cost, "what is made already is not booked again"


def test_a_blocked_script_ends_the_slot_with_its_reason(
    stack: FakeStack, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation.Desk, "warehouse", FakeWarehouse())
    first = run(stack, instance, generation.ASSETS[:2])
    script = first.output_for_node("video__script")
    assert isinstance(script, Script)
    kept = stack.artifacts.put(script.model_dump_json().encode(), suffix=".json")
    told = PastVideo(title="Told before", published_at=MOMENT - timedelta(days=2), slot="an earlier one", script=kept)
    monkeypatch.setattr(generation.Desk, "past", [told])
    result = run(stack, instance, generation.ASSETS[:4])
    assert not result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.description == "The narration is 100% the narration of “Told before”."
    assert result.asset_materializations_for_node("video__narration") == []
    failure = result.failure_data_for_node("video__policy_verdict")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.description == check.description


def test_a_failed_run_is_recorded_with_its_reason(
    stack: FakeStack, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation.Desk, "warehouse", FakeWarehouse([]))
    platform = Platform.of(stack.settings, stack)  # type: ignore[arg-type]
    job = dg.define_asset_job("job", [generation.ASSETS[0].key], hooks={generation.record_failure})
    definitions = dg.Definitions(
        assets=generation.ASSETS,
        jobs=[job],
        resources={"platform": platform, "artifact_io": ArtifactIOManager(platform=platform)},
    )
    for _ in range(2):
        definitions.resolve_job_def("job").execute_in_process(instance=instance, partition_key=KEY, raise_on_error=False)
    with stack.engine.connect() as connection:
        jobs = connection.execute(text("select attempt, status::text, error from ops.generation_jobs order by attempt")).all()
        statuses = connection.execute(
            text(
                "select calendar.status::text, videos.status::text from ops.content_calendar as calendar"
                " inner join ops.videos as videos using (slot_id)"
            )
        ).one()
    assert [(row.attempt, row.status) for row in jobs] == [(1, "failed"), (2, "failed")]
    assert all("hold no video" in row.error for row in jobs)
    assert tuple(statuses) == ("failed", "failed")


def test_a_step_that_lacks_its_data_fails_with_one_sentence(
    stack: FakeStack, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation.Desk, "warehouse", FakeWarehouse([]))
    result = run(stack, instance, generation.ASSETS[:1])
    failure = result.failure_data_for_node("video__topic")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert "hold no video" in str(failure.user_failure_data.description)


def test_a_channel_of_a_language_without_a_writer_stops_with_one_sentence(
    stack: FakeStack, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = LANE.model_copy(update={"channel": LANE.channel.model_copy(update={"language": "de"})})
    monkeypatch.setattr(FakeWarehouse, "lane", lambda self, lane_id: german)
    monkeypatch.setattr(generation.Desk, "warehouse", FakeWarehouse())
    failure = run(stack, instance, generation.ASSETS[:4]).failure_data_for_node("video__script")
    assert failure is not None
    assert failure.user_failure_data is not None
    said = str(failure.user_failure_data.description)
    assert "has no script in German, the language of pixel-pulse: the local writer writes English only" in said
    assert "ytempire language pixel-pulse en" in said


@pytest.mark.parametrize(
    ("decision", "severity", "passed"),
    [
        (Decision.AUTO_APPROVE, dg.AssetCheckSeverity.WARN, True),
        (Decision.MANUAL_REVIEW, dg.AssetCheckSeverity.WARN, False),
        (Decision.REVISE, dg.AssetCheckSeverity.ERROR, False),
        (Decision.REJECT, dg.AssetCheckSeverity.ERROR, False),
    ],
)
def test_quality_stops_what_is_too_weak_and_warns_of_what_a_person_must_see(
    decision: Decision, severity: dg.AssetCheckSeverity, passed: bool
) -> None:
    verdict = QualityVerdict(
        slot=str(SLOT), decision=decision, score=50, aspects={}, measures=(), likelihood=50, model_version="1"
    )
    check = generation.quality_allows_publication(verdict)
    assert (check.passed, check.severity) == (passed, severity)

"""The health of consents as an asset: seen before the day is read, told in a check, and no channel's end is another's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from connectors.youtube.accounts import Health
from core.clock import noon
from core.ids import ChannelId
from orchestration import accounts
from orchestration.resources import Platform
from tests.integration.accounts.conftest import Scene
from tests.integration.ingestion.conftest import DAY

pytestmark = [
    pytest.mark.postgres,
    # Dagster marks what every partitioned project uses as beta.
    pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.PreviewWarning"),
]


def run(scene: Scene, days: int = 1) -> Any:
    Platform._stacks["test"] = scene.stack  # type: ignore[assignment]
    definitions = dg.Definitions(
        assets=accounts.ASSETS,
        asset_checks=accounts.CHECKS,
        jobs=[dg.define_asset_job("job", executor_def=dg.in_process_executor)],
        resources={"platform": Platform(state="test")},
    )
    first = DAY - timedelta(days=days - 1)
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def("job").execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": DAY.isoformat(),
            },
        )


def check_of(result: Any) -> Any:
    (event,) = [event for event in result.all_events if event.event_type_value == "ASSET_CHECK_EVALUATION"]
    return event.asset_check_evaluation_data


def told(result: Any) -> str:
    return " ".join(str(event.event_specific_data) for event in result.all_events)


def test_consents_that_work(scene: Scene) -> None:
    result = run(scene, days=3)
    assert result.success
    assert check_of(result).passed
    checked = {account.checked_at for account in scene.stack.accounts.accounts()}
    assert checked == {noon(DAY)}  # of a range, the last day


def test_an_ended_consent_is_an_error_that_stops_nobody_else(scene: Scene) -> None:
    channel = ChannelId(scene.id_of("pixel-pulse"))
    scene.simulator.set_token(channel, "revoked")
    result = run(scene)
    check = check_of(result)
    assert result.success
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.ERROR, False)
    assert "pixel-pulse" in check.metadata["findings"].value
    assert channel not in scene.stack.youtube.channel_ids
    assert len(scene.stack.youtube.channel_ids) == 5


def test_what_is_not_lost_yet_is_a_warning(scene: Scene) -> None:
    scene.simulator.set_token(scene.id_of("pixel-pulse"), withheld=["https://www.googleapis.com/auth/youtube.upload"])
    values = {"channel": scene.id_of("beat-atlas"), "used": noon(DAY) - timedelta(days=170)}
    _ = scene.stack.accounts
    with scene.stack.engine.begin() as connection:
        connection.execute(text("update ops.channel_credentials set last_used_at = :used where channel_id = :channel"), values)
    check = check_of(run(scene))
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    health = {account.handle: account.health for account in scene.stack.accounts.accounts()}
    assert (health["pixel-pulse"], health["beat-atlas"]) == (Health.MISSING_SCOPE, Health.IDLE)
    assert len(scene.stack.youtube.channel_ids) == 6


def test_google_being_down_ends_no_consent(scene: Scene) -> None:
    _ = scene.stack.accounts
    scene.simulator.fail("/oauth2/token", 500, 99)
    scene.stack.sign_in._retry = type(scene.stack.sign_in._retry)(attempts=1)
    check = check_of(run(scene))
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert {account.health for account in scene.stack.accounts.accounts()} == {Health.UNREACHABLE}
    assert len(scene.stack.youtube.channel_ids) == 6
    scene.simulator.mend()
    assert check_of(run(scene)).passed


def test_run_metadata_holds_no_secret(scene: Scene) -> None:
    scene.simulator.set_token(scene.id_of("pixel-pulse"), "expired")
    given = scene.simulator.credentials()
    metadata = told(run(scene))
    assert "pixel-pulse" in metadata
    for secret in (*given.refresh_tokens.values(), given.client_secret, given.api_key):
        assert secret not in metadata

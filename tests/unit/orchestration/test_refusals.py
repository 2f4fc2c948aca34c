"""What the command line refuses before any server is asked: one sentence, a way out, an exit code, and nothing written."""

from __future__ import annotations

import errno
import logging
import os
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import dagster as dg
import psycopg
import pytest
import sqlalchemy.exc
from dagster._core.test_utils import create_run_for_test

from core.errors import Environment, OutsideMarket, Unreachable
from core.settings import ROOT, Settings
from orchestration import day as whole_day
from orchestration.cli import main
from orchestration.day import check_disk, check_market, first_missing_day
from orchestration.failures import explain
from orchestration.runs import COMMAND, _alone, _clear_after_the_dead
from orchestration.stack import Stack


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty state folder, and no setting of the shell or of the project folder."""
    for name in list(os.environ):
        if name.startswith(("YTEMPIRE_", "OPENAI_", "ELEVENLABS_", "DATABASE_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")  # as `main` sets it, so that it is undone
    monkeypatch.setattr(logging.getLogger(), "handlers", list(logging.getLogger().handlers))
    monkeypatch.setenv("YTEMPIRE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> str:
    """Run the command; it must end with the code, and its words are returned."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == code
    words = capsys.readouterr().err
    assert "Traceback" not in words
    assert "nobody foresaw" not in words
    return words


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--day", "soon"), "'soon' is not a day"),
        (("run", "--day", "2026-13-01"), "Write it as 2026-06-08"),
        (("run", "--data", "nowhere"), "There is no folder nowhere"),
        (("train", "no-such"), "The models are ctr, quality, trend"),
        (("revenue", "a", "gold", "1", "--reference", "r", "--on", "2026-06-08"), "'gold' is no source of revenue"),
        (("revenue", "a", "affiliate", "1,5", "--reference", "r", "--on", "2026-06-08"), "Write dollars as 12.50"),
        (("revenue", "a", "affiliate", "NaN", "--reference", "r", "--on", "2026-06-08"), "Write dollars as 12.50"),
        (("revenue", "a", "affiliate", "1", "--reference", "r", "--on", "8.6."), "'8.6.' is not a day"),
        (("revenue", "a", "affiliate", "1", "--reference", "r"), "Record r has no day"),
        (("revenue", "a", "affiliate", "1", "--reference", "r", "--status", "cancelled"), "does not say what it cancels"),
        (
            ("revenue", "a", "affiliate", "1", "--reference", "r", "--status", "expected", "--follows", "q"),
            "does not follow another",
        ),
        (("revenue", "a", "affiliate", "none", "--reference", "r", "--follows", "q"), "'none' is no amount"),
        (("reland", "channel_reach"), "'channel_reach' is not a bulk report type"),
        (("reland", "--from", "soon"), "'soon' is not a day"),
        (("reland", "--from", "2026-06-09", "--to", "2026-06-08"), "2026-06-09 is after 2026-06-08"),
        (("lanes", "at", "pixel-pulse.noon", "25:00"), "'25:00' is not a time of day"),
        (("lanes", "add", "pixel-pulse.noon", "soon"), "'soon' is not a time of day"),
        (("connect", "--timezone", "Mars/Base"), "'Mars/Base' is no time zone"),
    ],
)
def test_words_that_mean_nothing(capsys: pytest.CaptureFixture[str], home: Path, arguments: tuple[str, ...], says: str) -> None:
    assert says in refusal(capsys, *arguments)
    assert [path.name for path in home.iterdir()] == ["ytempire.log"]


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("YTEMPIRE_SEED", "abc", "YTEMPIRE_SEED is not usable"),
        ("YTEMPIRE_COST_CAP_PER_VIDEO_USD", "a lot", "YTEMPIRE_COST_CAP_PER_VIDEO_USD is not usable"),
        ("YTEMPIRE_YOUTUBE_QUOTA_PROFILE", "1999", "There is no quota profile '1999'"),
        ("YTEMPIRE_HOME", "/dev/null/home", "cannot be made: a part of its path is a file"),
    ],
)
def test_settings_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert says in refusal(capsys, "run")


def test_an_unknown_model_of_the_hosted_writer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-s3cret")
    monkeypatch.setenv("YTEMPIRE_OPENAI_MODEL", "gpt-none")
    words = refusal(capsys, "run")
    assert "'gpt-none' is not known" in words
    assert "s3cret" not in words


def test_a_taken_port_and_one_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is taken by another program" in refusal(capsys, "dev", "--port", str(port))
    assert "65535" in refusal(capsys, "dev", "--port", "99999", code=2)


def test_a_disk_without_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_day, "NEEDED_DISK_MB", 10**12)
    with pytest.raises(Environment, match="MB are free under"):
        check_disk(Stack(Settings(home=home)))


def test_a_second_command_names_the_first(tmp_path: Path) -> None:
    with _alone(tmp_path / "run"):
        code = "import sys; from pathlib import Path; from orchestration.runs import _alone\nwith _alone(Path(sys.argv[1])): pass"
        command = [sys.executable, "-c", code, str(tmp_path / "run")]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert second.returncode != 0
        assert f"Another ytempire command (process {os.getpid()}) is at work on {tmp_path}" in second.stderr
    with _alone(tmp_path / "run"):  # free again
        pass


def test_ctrl_c_says_how_to_go_on(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_day, "run_day", interrupted)
    assert "run the same command again to go on where it was" in refusal(capsys, "run", code=130)


def test_days_that_an_interrupted_run_left_are_done_again() -> None:
    day = date(2026, 6, 8)
    assert first_missing_day({date(2026, 6, 7), day}, day, 3, date.min) == date(2026, 6, 5)
    assert first_missing_day({date(2026, 6, 5), date(2026, 6, 6), date(2026, 6, 7)}, day, 3, date.min) == day
    assert first_missing_day(set(), day, 3, date(2026, 6, 7)) == date(2026, 6, 7)


def test_the_live_market_has_today_alone(home: Path) -> None:
    stack = Stack(Settings(home=home, live=True))
    check_market(stack, stack.clock.now().date())
    with pytest.raises(OutsideMarket, match="outside the live market"):
        check_market(stack, date(2026, 6, 8))


def test_a_full_disk_and_a_lost_database_are_explained() -> None:
    assert isinstance(explain(OSError(errno.ENOSPC, "No space left on device")), Environment)
    full = sqlalchemy.exc.OperationalError("insert", {}, psycopg.errors.DiskFull("could not extend file"))
    assert isinstance(explain(full), Environment)
    gone = explain(psycopg.OperationalError("connection refused\nIs the server running?"))
    assert isinstance(gone, Unreachable)
    assert gone.message == "The database failed: connection refused."
    assert explain(ValueError("a bug")) is None


@pytest.mark.filterwarnings("ignore")  # Dagster's own, of SQLite files that it leaves to the garbage collector
def test_a_killed_command_keeps_no_run_and_no_place_in_a_pool(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        job = dg.define_asset_job("film_job")
        dead = create_run_for_test(instance, job.name, tags=COMMAND, status=dg.DagsterRunStatus.STARTED)
        alive = create_run_for_test(instance, job.name, status=dg.DagsterRunStatus.STARTED)
        storage = instance.event_log_storage
        storage.set_concurrency_slots("ffmpeg", 2)
        for run in (dead, alive):
            storage.claim_concurrency_slot("ffmpeg", run.run_id, "video__film")
        _clear_after_the_dead(instance)
        assert storage.get_concurrency_run_ids() == {alive.run_id}
        ended = instance.get_run_by_id(dead.run_id)
        assert ended is not None
        assert ended.is_failure

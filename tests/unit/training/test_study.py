"""Searches: resumed, shared, and not stopped by what fails."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.errors import Damaged, InvalidInput, NotConfigured, NotReady, Unreachable
from tests.unit.training import searched
from tests.unit.training.data import CHANCE, RATE, make_dataset
from training import study
from training.tasks.task import FitOptions, Span, Task

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

PLAIN = replace(searched.TOY, space={"x": Span(0.0, 1.0), "steps": Span(1, 9, whole=True)})


def counted(task: Task, die_at: int | None = None) -> tuple[Task, list[Any]]:
    """The task, and the parameters of its fits as they come; one of them kills the process."""
    asked: list[Any] = []

    def fit(rows: pl.DataFrame, options: FitOptions) -> Any:
        asked.append(dict(options.params))
        if len(asked) == die_at:
            raise KeyboardInterrupt
        return task.fit(rows, options)

    return replace(task, fit=fit), asked


def search(task: Task, root: Path, trials: int = 12, **keywords: Any) -> dict[str, Any]:
    return study.search_task(task, searched.examples(), trials, 3, root, **keywords)


def test_the_defaults_are_tried_first_and_the_best_is_found(tmp_path: Path) -> None:
    task, asked = counted(PLAIN)
    said: list[str] = []

    found = search(task, tmp_path, 25, report=said.append)

    assert asked[0] == {}
    assert abs(found["x"] - searched.BEST) < 0.1
    assert isinstance(found["steps"], int)
    assert sum(", trial " in line for line in said) == 25
    assert any("cut short" in line for line in said), "what is worse on a third of the rows is not tried on all"
    assert len(asked) < 2 * 25


def test_where_nothing_is_better_the_defaults_stay(tmp_path: Path) -> None:
    best = replace(PLAIN, space={"x": Span(0.95, 1.0)})
    assert search(best, tmp_path, 4) == {}
    assert search(replace(PLAIN, space={}), tmp_path / "none", 4) == {}


def test_a_search_that_was_killed_finds_what_it_would_have_found(tmp_path: Path) -> None:
    task, undisturbed = counted(PLAIN)
    whole = search(task, tmp_path / "whole")
    task, first = counted(PLAIN, die_at=8)
    with pytest.raises(KeyboardInterrupt):
        search(task, tmp_path / "cut")
    task, second = counted(PLAIN)

    assert search(task, tmp_path / "cut") == whole
    tried = [params for params in first[:-1] if params not in second] + second
    assert list(dict.fromkeys(map(str, tried))) == list(dict.fromkeys(map(str, undisturbed)))
    task, third = counted(PLAIN)
    assert search(task, tmp_path / "cut") == whole
    assert third == [], "a search that is done is not repeated"


def test_trials_that_fail_are_counted_and_the_others_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = search(searched.TOY, tmp_path, 30)
    assert found["mode"] == "plain"
    assert found["sizes"] == (1,), "a choice that no journal can hold comes back as it was"
    assert "failed: This mode cannot be fitted. Take another." in caplog.text
    assert "its figure is not a number" in caplog.text


def test_when_every_trial_fails_the_last_reason_is_told(tmp_path: Path) -> None:
    def fail(rows: pl.DataFrame, options: FitOptions) -> Any:
        raise NotReady("There are 3 rows.", "Bring more.")

    with pytest.raises(
        NotReady, match=r"No trial of the study toy-\w+ has finished. The last said: There are 3 rows. Bring more."
    ):
        search(replace(PLAIN, fit=fail), tmp_path, 3)


@pytest.mark.parametrize("content", [b"not a journal\nat all\n", b'{"op_code": 99}\n{}\n', b"\x00" * 400 + b"\n"])
def test_a_journal_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    search(PLAIN, tmp_path, 1)
    (journal,) = tmp_path.glob("*.journal")
    journal.write_bytes(content)
    with pytest.raises(Damaged, match=r"is not the journal of a study\. Remove the file: the study begins anew\."):
        search(PLAIN, tmp_path, 2)


def test_half_a_line_at_the_end_of_a_journal_is_cut_off(tmp_path: Path) -> None:
    search(PLAIN, tmp_path, 3)
    (journal,) = tmp_path.glob("*.journal")
    journal.write_bytes(journal.read_bytes() + b'{"op_code": 5, "work')
    task, asked = counted(PLAIN)
    search(task, tmp_path, 5)
    assert 2 <= len(asked) <= 4
    search(PLAIN, tmp_path, 5)


def test_other_examples_seeds_and_spaces_are_other_studies(tmp_path: Path) -> None:
    search(PLAIN, tmp_path, 1)
    study.search_task(PLAIN, searched.examples(40), 1, 3, tmp_path)
    study.search_task(PLAIN, searched.examples(), 1, 4, tmp_path)
    search(replace(PLAIN, space={"x": Span(0.0, 0.5)}), tmp_path, 1)
    search(PLAIN, tmp_path, 1)
    assert len(list(tmp_path.glob("*.journal"))) == 4


def test_a_database_keeps_trials_as_a_journal_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    assert search(PLAIN, tmp_path / "a", 6, storage=url) == search(PLAIN, tmp_path / "b", 6)
    assert not list((tmp_path / "a").glob("*.journal"))
    with pytest.raises(Unreachable, match="database of the studies does not answer") as caught:
        search(PLAIN, tmp_path, 1, storage="postgresql://user:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)


def test_a_search_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="0 trials by 1 workers"):
        search(PLAIN, tmp_path, 0)


def test_the_order_of_drafts_is_searched_for_rates_alone() -> None:
    assert "pairs" in study.NetworkObjective(make_dataset(RATE), RATE, 1, Path()).space
    assert "pairs" not in study.NetworkObjective(make_dataset(CHANCE), CHANCE, 1, Path()).space


def test_without_ray_a_cluster_is_refused_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NotConfigured, match=r"pip install 'ytempire\[ray\]'"):
        search(PLAIN, tmp_path, 2, cluster="local")


@pytest.mark.slow
def test_processes_share_the_trials_of_a_study(tmp_path: Path) -> None:
    found = search(PLAIN, tmp_path, 12, workers=2)
    assert abs(found["x"] - searched.BEST) < 0.3
    task, asked = counted(PLAIN)
    assert search(task, tmp_path, 12) == found
    assert asked == []


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find the tests, of which the toy task is one."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_workers_of_a_ray_cluster_share_one_study(tmp_path: Path, importable: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    meeting = tmp_path / "meeting"
    meeting.mkdir()
    monkeypatch.setenv(searched.MEETING, str(meeting))

    found = search(replace(PLAIN, fit=searched.fit_together), tmp_path, 12, workers=2, cluster="local")

    assert abs(found["x"] - searched.BEST) < 0.3
    (journal,) = tmp_path.glob("*.journal")
    kept = optuna.load_study(study_name=journal.stem, storage=JournalStorage(JournalFileBackend(str(journal))))
    processes = {trial.user_attrs["process"] for trial in kept.trials}
    assert 12 <= len(kept.trials) <= 13
    assert len(processes) == 2

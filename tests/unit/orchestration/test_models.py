"""What the commands of models refuse before any work, and what a name on the command line means."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from core.errors import NotReady, UnknownName
from core.settings import Settings
from orchestration import models
from orchestration.cli import main
from orchestration.models import Effort, Wanted, task_of_registered, train_tasks, what_to_train
from orchestration.stack import Stack
from tests.unit.training.hot_rows import TOY
from training.tasks import NAMES

MODEL_OF = {"topic48": "trend", "early7": "trend", "i30": "trend", "ctr_pairs": "ctr", "ctr_title": "ctr", "quality": "quality"}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home, toy tasks, and a registry whose port is refused."""
    for name in list(os.environ):
        if name.startswith(("YTEMPIRE_", "DATABASE_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setattr(logging.getLogger(), "handlers", list(logging.getLogger().handlers))
    monkeypatch.setenv("YTEMPIRE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    for name in NAMES:
        module = types.ModuleType(f"training.tasks.{name}")
        module.TASK = replace(TOY, name=name, model=MODEL_OF.get(name, "trend"))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return tmp_path / "home"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command; it must end with 1, and its words are returned."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    words = capsys.readouterr().err
    assert ended.value.code == 1, words
    assert "nobody foresaw" not in words
    return words


@pytest.mark.parametrize(
    ("name", "has_data", "meant"),
    [
        ("early7", False, Wanted(("early7",))),
        ("all", True, Wanted(NAMES)),
        ("trend", True, Wanted(("trend48", "topic48", "early7", "i30"))),
        ("ctr", True, Wanted(("ctr_pairs", "ctr_title"))),
        ("trend", False, Wanted((), "trend")),
        ("quality", False, Wanted((), "quality")),
        ("quality", True, Wanted(("quality",))),
        ("quality_task", False, Wanted(("quality",))),
    ],
)
def test_a_name_means_tasks_or_a_model_of_the_warehouse(name: str, has_data: bool, meant: Wanted) -> None:
    assert what_to_train(name, has_data) == meant


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownName, match="the tasks trend48, topic48"):
        what_to_train("trend49", True)


def test_a_registered_name_belongs_to_a_task_or_to_the_warehouse() -> None:
    found = {name: task_of_registered(name) for name in ("trend", "quality", "quality_task", "early7", "early7_task", "other")}
    assert {name: task.name if task else None for name, task in found.items()} == {
        "trend": None,
        "quality": None,
        "quality_task": "quality",
        "early7": "early7",
        "early7_task": None,
        "other": None,
    }


@pytest.mark.parametrize(
    "arguments",
    [("models",), ("promote", "trend48"), ("promote", "trend", "3"), ("rollback", "quality"), ("train", "early7", "--data", ".")],
)
def test_a_registry_that_is_away_is_one_sentence(
    capsys: pytest.CaptureFixture[str], home: Path, arguments: tuple[str, ...]
) -> None:
    words = refusal(capsys, *arguments)
    assert "127.0.0.1" in words
    assert "refused" in words
    assert not (home / "champions").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "early7", "--data", "nowhere"), "There is no folder nowhere"),
        (("train", "none", "--data", "."), "There is no model 'none', and no task either"),
        (("evaluate", "none"), "There is no task 'none'"),
        (("evaluate", "early7"), "There is no champion of early7"),
        (("train", "trend", "--day", "soon"), "'soon' is not a day"),
    ],
)
def test_words_that_mean_nothing(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str) -> None:
    assert says in refusal(capsys, *arguments)


def test_a_task_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command[2])
        return subprocess.CompletedProcess(command, int(command[2] == "topic48_task"))

    monkeypatch.setattr(models.subprocess, "run", run)
    monkeypatch.setattr(models, "show_models", lambda *_: None)
    with pytest.raises(NotReady, match="No version came out of topic48"):
        train_tasks(Stack(Settings(home=tmp_path)), ("trend48", "topic48", "early7"), tmp_path, Effort(), Console(stderr=True))
    assert asked == ["trend48_task", "topic48_task", "early7_task"]

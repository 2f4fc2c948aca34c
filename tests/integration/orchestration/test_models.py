"""The commands of models on a real registry: from a folder to answers, and back again."""

from __future__ import annotations

import json
import logging
import os
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from psycopg import sql
from sqlalchemy import Engine, text

from core.postgres.address import DatabaseAddress
from core.postgres.engine import connect
from orchestration.cli import main
from tests.unit.training.hot_rows import INPUTS, TOY, make_examples

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: Engine, postgres_url: str) -> Iterator[Engine]:
    """A market of its own on the session's server, and a toy in the place of a task."""
    for name in list(os.environ):
        if name.startswith(("YTEMPIRE_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setattr(logging.getLogger(), "handlers", list(logging.getLogger().handlers))
    monkeypatch.setenv("YTEMPIRE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    use(monkeypatch, worth=1)
    from training.judging import Exam
    from training.tasks import pipeline

    monkeypatch.setattr(pipeline, "Exam", partial(Exam, bootstraps=40))
    yield database
    with connect(DatabaseAddress.parse(postgres_url)) as connection:
        name = sql.Identifier(f"{database.url.database}_mlflow")
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))


def use(monkeypatch: pytest.MonkeyPatch, **params: Any) -> None:
    """Put the toy, fitted with parameters, in the place of trend48."""
    module = types.ModuleType("training.tasks.trend48")
    module.TASK = replace(  # type: ignore[attr-defined]
        TOY,
        read=lambda source: make_examples(),
        fit=lambda rows, options: TOY.fit(rows, replace(options, params={**options.params, **params})),
        space={},
        question=f"Is a row hot? {params}",
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)


def run(*arguments: str, code: int = 0) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == code


def test_from_a_folder_to_answers_and_back(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("models")
    assert "No model has been trained yet" in capsys.readouterr().out
    run("train", "trend48", "--data", str(tmp_path), "--threads", "1")
    said = capsys.readouterr().err
    assert "trend48: version 2 (learnt) is in use. Promoted" in said
    assert "judging candidate on 600 rows" in said

    run("models")
    table = capsys.readouterr().out
    assert "average_precision 0.7" in table
    assert "baseline" in table
    assert "✓" in table

    run("evaluate", "trend48")
    recorded = json.loads(capsys.readouterr().out)
    assert recorded["value"] > recorded["baselines"]["kind"]["value"] > recorded["base_rate"]
    assert recorded["interval"][0] < recorded["value"] < recorded["interval"][1]
    assert (recorded["quick_baseline"], recorded["version"], recorded["rows"]) == ("kind", "2", 600)
    assert recorded["difference_interval"][0] > 0
    run("evaluate", "trend48", "--data", str(tmp_path))
    measured = json.loads(capsys.readouterr().out)
    assert measured["measured"] == "now"
    assert {**measured, "measured": recorded["measured"]} == recorded, "the twin and the rows are the same"

    make_examples(40, seed=5).select(*INPUTS).write_csv("in.csv")
    run("predict", "trend48", "--input", "in.csv", "--output", "out.csv")
    answers = pl.read_csv("out.csv")
    assert answers["p_hot"].n_unique() > 5

    capsys.readouterr()
    run("promote", "trend48")
    assert "It is the champion already" in capsys.readouterr().err
    run("promote", "trend48", "1", code=1)
    assert "comes back by a rollback" in capsys.readouterr().err
    run("promote", "trend48", "9", code=1)
    assert "has no version 9" in capsys.readouterr().err
    run("rollback", "trend48", "--reason", "odd scores")
    assert "version 1 (baseline) is in use again" in capsys.readouterr().out.replace("\n", " ")
    run("predict", "trend48", "--input", "in.csv", "--output", "out.csv")
    assert pl.read_csv("out.csv")["p_hot"].n_unique() == 2
    run("rollback", "trend48", code=1)
    assert "no earlier champion" in capsys.readouterr().err

    with engine.connect() as connection:
        rows = connection.execute(text("select version, is_promoted, previous from ops.promotions order by promotion_id")).all()
        metrics = connection.execute(text("select count(*) from ops.model_performance where model = 'trend48'")).scalar_one()
    assert [tuple(row) for row in rows[:2]] == [("1", True, None), ("2", True, "1")]
    assert tuple(rows[-1]) == ("1", True, "2")
    assert metrics == len(TOY.metrics)


def test_versions_of_a_niche_are_listed_beside_those_for_all(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.settings import load_settings
    from orchestration.models import open_tracker
    from orchestration.stack import Stack
    from training.niches import niche_task
    from training.tasks import task
    from training.tasks.pipeline import prepare, train_task

    run("train", "trend48", "--data", str(tmp_path), "--threads", "1")
    own = niche_task(task("trend48"), "music")
    train_task(own, prepare(own, make_examples()), open_tracker(Stack(load_settings())), tmp_path / "state", tmp_path / "home")
    capsys.readouterr()

    run("models")

    (line, rule) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("trend48.music")]
    assert "average_precision 0.7" in line
    assert "baseline" in rule


def test_failures_leave_the_champion(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("train", "trend48", "--data", str(tmp_path))
    use(monkeypatch, worth=-1, other=1)
    monkeypatch.setattr("training.tasks.pipeline.code_digest", lambda: "another code")
    run("train", "trend48", "--data", str(tmp_path))
    assert "Not promoted, not surely above the baseline" in capsys.readouterr().err
    use(monkeypatch, breaks=True)
    monkeypatch.setattr("training.tasks.pipeline.code_digest", lambda: "a third code")
    run("train", "trend48", "--data", str(tmp_path), code=1)
    assert "no finite number for 600 rows" in capsys.readouterr().err
    run("evaluate", "trend48")
    assert json.loads(capsys.readouterr().out)["version"] == "2"

"""Every task's own program behind `ytempire predict`, asked what it has never seen, and what nobody should ask."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from orchestration.cli import main
from training.packs import pack_champion
from training.samples import write_archives
from training.tasks import task as task_of
from training.tasks.task import TOLERANCE, FitOptions, Task

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)

QUICK: dict[str, dict[str, Any]] = {
    "i30": {"rounds": 0.02},
    "trend48": {"learning_rate": 0.3, "num_leaves": 7},
    "early7": {"learning_rate": 0.3, "num_leaves": 7},
    "ctr_title": {},
    "quality": {"learning_rate": 0.3, "num_leaves": 7},
}
"""Parameters with which each is fitted within seconds. The sentence encoder of ctr_pairs takes a minute, so it is not here."""

STRANGE: dict[Any, Sequence[Any]] = {
    pl.String: ("", "ضحك بلا توقف 😂😂", "完全に新しい言語の題名", "x" * 5_000, "=1+1", "🎬", "NaN"),
    pl.Int64: (0, -1, 1, 999_999, 2**62),
    pl.Float64: (0.0, -1.0, 1e-9, 1e18),
    pl.Date: (date(1999, 1, 1), date(2100, 12, 31)),
    pl.Datetime("us", "UTC"): (datetime(1999, 1, 1, tzinfo=UTC), datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)),
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a champion of each task, learnt from the made-up market, and for each a file `<task>.parquet` per input."""
    root = tmp_path_factory.mktemp("programs")
    source = write_archives(root / "archives")
    for name, params in QUICK.items():
        task = task_of(name)
        examples = task.read(source)
        examples = examples.with_columns(task.split(examples).alias("part"))
        program = task.fit(examples.filter(pl.col("part").is_in(["train", "valid"])), FitOptions(threads=1, params=params))
        files = root / "files" / name
        (files / "model").mkdir(parents=True)
        program.save(files / "model")
        pack_champion(root / "home", name, "1", "learnt", files)
        for place, frame in enumerate(task.requests(examples.tail(40))):
            frame.write_parquet(root / f"{name}.{place}.parquet")
    return root


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, programs: Path) -> None:
    """No setting of the shell, and the champions' home."""
    for name in list(os.environ):
        if name.startswith(("YTEMPIRE_", "DATABASE_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setattr(logging.getLogger(), "handlers", list(logging.getLogger().handlers))
    monkeypatch.setenv("YTEMPIRE_HOME", str(programs / "home"))


def requests(programs: Path, task: Task) -> list[pl.DataFrame]:
    return [pl.read_parquet(programs / f"{task.name}.{place}.parquet") for place in range(len(task.inputs))]


def ask(task: str, frames: Sequence[pl.DataFrame], code: int = 0) -> pl.DataFrame:
    arguments = ["predict", task, "--output", "out.csv"]
    for place, frame in enumerate(frames):
        frame.write_csv(f"in{place}.csv")
        arguments += ["--input", f"in{place}.csv"]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == code
    return pl.read_csv("out.csv", infer_schema_length=None) if code == 0 else pl.DataFrame()


def require_sound(task: Task, found: pl.DataFrame, asked: pl.DataFrame) -> None:
    assert found.columns == list(task.output)
    assert found.height == asked.height
    key = next(iter(task.output))
    assert found[key].cast(pl.String).equals(asked[key].cast(pl.String))
    for name, kind in task.output.items():
        if kind.is_numeric():
            assert found[name].cast(pl.Float64).is_finite().all(), name
            if name.startswith("p_"):
                assert found[name].is_between(0, 1).all(), name


@pytest.mark.parametrize("name", QUICK)
def test_what_was_never_seen_is_answered(name: str, programs: Path) -> None:
    task = task_of(name)
    frames = requests(programs, task)
    keys = {next(iter(task.output))}

    usual = ask(name, frames)
    require_sound(task, usual, frames[0])
    assert ask(name, frames).equals(usual), "equal files give equal answers"
    alone = [frame[7:8] for frame in frames]
    # A row is answered without the others.
    assert_frame_equal(ask(name, alone), usual[7:8], rel_tol=TOLERANCE, abs_tol=TOLERANCE)

    unknown = [
        frame.with_columns(pl.lit(None).cast(kind).alias(n) for n, kind in frame.schema.items() if n not in keys)
        for frame in frames
    ]
    require_sound(task, ask(name, unknown), frames[0])
    for column in {n for columns in task.inputs for n in columns} - keys:
        strange = [
            frame.with_columns(
                pl.Series(
                    column,
                    [STRANGE[frame.schema[column]][row % len(STRANGE[frame.schema[column]])] for row in range(40)],
                    dtype=frame.schema[column],
                )
            )
            if column in frame.columns and column != "history"
            else frame
            for frame in frames
        ]
        require_sound(task, ask(name, strange), frames[0])


@pytest.mark.parametrize("name", QUICK)
def test_what_nobody_should_ask_is_refused_in_a_sentence(name: str, programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = task_of(name)
    frames = requests(programs, task)
    first = frames[0]
    number = next(n for n, kind in task.inputs[0].items() if kind.is_numeric())
    words = next(iter(task.inputs[0]))
    wrong = {
        "lacks the column": first.drop(number),
        "has the column label_x, which nobody asks for": first.with_columns(label_x=pl.lit(1)),
        "is no ": first.with_columns(pl.lit("many").alias(number)),
        "'inf'": first.with_columns(pl.lit("inf").alias(number)),
        words: first.with_columns(pl.lit(None, pl.String).alias(next(iter(task.output)))),
    }
    Path("out.csv").write_text("as it was")
    for said, frame in wrong.items():
        ask(name, [frame, *frames[1:]], code=1)
        told = capsys.readouterr().err
        assert said in told
        assert "Traceback" not in told
        assert told.count("\n") == 2, told
    assert Path("out.csv").read_text() == "as it was"


def test_wrong_command_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code, said in (
        (["predict", "trend49", "--input", "in.csv", "--output", "out.csv"], 1, "no task 'trend49'"),
        (["predict", "trend48", "--output", "out.csv"], 2, "--input"),
        (["predict", "trend48", "--input", "in.csv"], 2, "--output"),
        (["predict", "topic48", "--input", "in.csv", "--output", "out.csv"], 1, "no file in.csv"),
        (["evaluate", "topic48"], 1, "no champion of topic48"),
        (["evaluate"], 2, "Missing argument"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        assert ended.value.code == code, arguments
        assert said in told.err, arguments
        assert "Traceback" not in told.err + told.out


@pytest.mark.parametrize("name", QUICK)
def test_a_corrupted_program_is_named_and_answers_nothing(name: str, programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = task_of(name)
    (folder,) = (programs / "home" / "champions" / name).glob("*/model")
    files = sorted(folder.iterdir())
    for number, file in enumerate({files[0], files[-1]}):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if number else whole[:-1] + bytes([whole[-1] ^ 1]))
        ask(name, requests(programs, task), code=1)
        told = capsys.readouterr().err
        assert f"The champion of {name}" in told
        assert f"is damaged: model/{file.name}" in told
        assert "Traceback" not in told
        file.write_bytes(whole)
    assert ask(name, requests(programs, task)).height == 40


@pytest.mark.parametrize("name", QUICK)
def test_a_folder_of_anything_else_is_no_program(name: str, programs: Path, tmp_path: Path) -> None:
    """What `load` says where no digest was checked before it."""
    from core.errors import Damaged

    task = task_of(name)
    (folder,) = (programs / "home" / "champions" / name).glob("*/model")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Damaged):
        task.load(tmp_path / "empty")
    for number, file in enumerate(sorted(folder.iterdir())):
        broken = tmp_path / f"broken{number}"
        broken.mkdir()
        for other in folder.iterdir():
            (broken / other.name).write_bytes(other.read_bytes())
        (broken / file.name).write_bytes(b"{}")
        with pytest.raises(Damaged):
            task.load(broken)

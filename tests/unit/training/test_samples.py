"""The made-up market is the same everywhere, and enough for what is shown with it."""

from __future__ import annotations

from pathlib import Path

from core.digest import digest_file
from training.samples import write_archives
from training.tasks import task
from training.tasks.pipeline import prepare


def test_equal_arguments_write_equal_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_archives(tmp_path / name, days=10, videos_a_day=5)
    write_archives(tmp_path / "three", days=10, videos_a_day=5, seed=8)

    digests = {
        name: [digest_file(path) for path in sorted((tmp_path / name).rglob("*.*")) if path.is_file()]
        for name in ("one", "two", "three")
    }
    assert len(digests["one"]) == 10
    assert digests["one"] == digests["two"] != digests["three"]


def test_it_is_enough_for_its_tasks(tmp_path: Path) -> None:
    source = write_archives(tmp_path)

    assert source.headlines()["test_id"].n_unique() == 500
    for name in ("i30", "trend48", "early7", "ctr_title"):
        prepare(task(name), task(name).read(source))

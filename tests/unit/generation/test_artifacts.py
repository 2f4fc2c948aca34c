"""The store gives back exactly what it was given, or says that it cannot."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Damaged, Environment, NotReady
from generation.artifacts import ArtifactStore


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_what_is_put_is_read_and_stored_once(artifacts: ArtifactStore, content: bytes) -> None:
    first, second = artifacts.put(content, suffix=".bin"), artifacts.put(content, suffix=".bin")
    assert first == second
    assert artifacts.load(first) == content
    assert artifacts.path(first).read_bytes() == content


def test_a_file_is_copied_and_keeps_its_suffix(artifacts: ArtifactStore, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(b"frames")
    stored = artifacts.put_file(source)
    assert stored.suffix == ".mp4"
    assert artifacts.load(stored) == source.read_bytes()
    assert artifacts.holds(stored)


def test_a_damaged_file_is_never_given_and_is_mended_by_putting_it_again(artifacts: ArtifactStore) -> None:
    stored = artifacts.put(b"whole", suffix=".txt")
    artifacts.path(stored).write_bytes(b"wholf")
    for read in (artifacts.load, artifacts.path):
        with pytest.raises(Damaged, match="does not match its digest"):
            read(stored)
    assert not artifacts.holds(stored)
    assert artifacts.load(artifacts.put(b"whole", suffix=".txt")) == b"whole"


def test_a_missing_file_is_told(artifacts: ArtifactStore) -> None:
    stored = artifacts.put(b"gone", suffix=".txt")
    artifacts.path(stored).unlink()
    with pytest.raises(NotReady, match="is not in the store"):
        artifacts.load(stored)


def test_a_full_disk_is_told_and_leaves_nothing_behind(artifacts: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Environment, match="is full"):
        artifacts.put(b"too much", suffix=".txt")
    assert [path for path in artifacts.root.rglob("*") if path.is_file()] == []


def test_an_answer_is_recalled_until_it_is_damaged(artifacts: ArtifactStore) -> None:
    assert artifacts.recall("request") is None
    artifacts.remember("request", b"answer")
    artifacts.remember("request", b"a better answer")
    assert artifacts.recall("request") == b"a better answer"
    for answer in artifacts.root.rglob("*.answer"):
        answer.write_bytes(b"?")
    assert artifacts.recall("request") is None


def test_a_workspace_vanishes(artifacts: ArtifactStore) -> None:
    with artifacts.workspace() as folder:
        (folder / "draft").write_bytes(b"x")
    assert not folder.exists()

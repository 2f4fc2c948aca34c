"""What the Dagster UI is started with."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration import local, runs


def test_the_ui_works_beside_its_pages_with_what_the_env_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, place = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    place.mkdir()
    (place / ".env").write_text("OPENAI_API_KEY=written\nELEVENLABS_API_KEY=written\nREDIS_URL=\n")
    monkeypatch.chdir(place)
    monkeypatch.setenv("ELEVENLABS_API_KEY", "given")
    monkeypatch.setattr(runs, "instance_environment", lambda _: {"DAGSTER_HOME": "there"})
    started: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append((*arguments, Path.cwd())))
    stack: Any = SimpleNamespace(settings=SimpleNamespace(home=home), engine=None, redis_url="", market_url="")
    local.exec_dagster(stack, 3000)
    [(_, _, environment, folder)] = started
    assert folder == home
    assert (environment["OPENAI_API_KEY"], environment["ELEVENLABS_API_KEY"]) == ("written", "given")
    assert "REDIS_URL" not in environment
    assert environment["DAGSTER_HOME"] == "there"

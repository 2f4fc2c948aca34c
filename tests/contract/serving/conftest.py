"""One real `bentoml serve` for the module's tests, over tiny models from a real registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from core.settings import Settings, load_settings
from serving.client import ScoringClient
from serving.packaging import serving_process
from tests.unit.serving.tiny_models import register, write_model
from training.specs import MODELS

UNREACHABLE_DATABASE = "postgresql://nobody:secret@127.0.0.1:1/none"
"""Observations have nowhere to go, and no answer may suffer from it."""


@dataclass(frozen=True)
class Server:
    """Where the server listens, and the folders its models were written to."""

    url: str
    folders: dict[str, Path]
    settings: Settings
    log: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("serving")
    mlflow_url = f"sqlite:///{root}/mlflow.db"
    folders = {name: root / "exported" / name for name in MODELS}
    for name, folder in folders.items():
        write_model(folder, name)
        register(mlflow_url, folder, name)
    settings = load_settings(home=root / "var", _env_file=None)
    process = serving_process(
        settings, mlflow_url, UNREACHABLE_DATABASE, "redis://127.0.0.1:1/0", service="tests.contract.serving.stand_in:Api"
    )
    try:
        yield Server(f"http://127.0.0.1:{process.ensure()}", folders, settings, process.log)
    finally:
        process.stop()


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture
def client(server: Server) -> Iterator[ScoringClient]:
    with ScoringClient(server.url) as scoring:
        yield scoring

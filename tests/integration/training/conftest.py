"""The feature store's hand-made warehouse, and a model registry in a database beside it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import Engine

from core.postgres.address import DatabaseAddress
from core.postgres.engine import connect, ensure_database
from tests.integration.features.conftest import _sample_database, store, warehouse
from tests.integration.features.sample import fill

__all__ = ["_sample_database", "store", "warehouse"]


@pytest.fixture(scope="session")
def _registry_url(postgres_url: str) -> Iterator[str]:
    name = f"mlflow_{uuid.uuid4().hex[:12]}"
    yield DatabaseAddress.parse(ensure_database(postgres_url, name)).url("psycopg2")
    with connect(DatabaseAddress.parse(postgres_url)) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def tracker(_registry_url: str, tmp_path: Path) -> Any:
    """A registry without models."""
    from training.tracking import Tracker

    opened = Tracker(_registry_url, tmp_path / "mlflow")
    for model in opened.client.search_registered_models():
        opened.client.delete_registered_model(model.name)
    for experiment in opened.client.search_experiments():
        if experiment.name != "Default":
            opened.client.rename_experiment(experiment.experiment_id, f"old {uuid.uuid4().hex}")
    return opened


@pytest.fixture
def filled(warehouse: Engine, store: Any) -> Engine:
    """The warehouse with 35 days of rows that can be learnt from."""
    fill(warehouse)
    return warehouse

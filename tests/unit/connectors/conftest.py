"""Fixtures of the connectors' unit tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.connectors.scripted import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A local HTTP server to script."""
    with ScriptedServer() as running:
        yield running

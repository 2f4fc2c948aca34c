"""A stack on a fresh database, over one simulator for all tests of a module."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import httpx
import pytest
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy import Engine

from connectors.simulator.process import SimulatorControl
from core.clock import noon
from core.settings import Settings
from orchestration.stack import Stack
from tests.integration.ingestion.conftest import DAY
from tests.simulated import running_simulator

with warnings.catch_warnings():  # Dagster's beta notices are warnings, and warnings are errors here
    warnings.simplefilter("ignore")
    import orchestration.accounts
    import orchestration.definitions  # noqa: F401


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorControl]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as control:
        yield control


@dataclass
class Scene:
    """A stack, its simulator, and what was printed."""

    stack: Stack
    simulator: SimulatorControl
    console: Console

    @property
    def printed(self) -> str:
        file = self.console.file
        assert isinstance(file, io.StringIO)
        return file.getvalue()

    def id_of(self, handle: str) -> str:
        return next(channel.channel_id for channel in self.simulator.credentials().channels if channel.handle == handle)

    def owner(self, handle: str, scopes: Collection[str] | None = None) -> Callable[..., bool]:
        """Stands in for `webbrowser.open`: an owner who consents for a channel, to these scopes or to all."""

        def answer(address: str) -> None:
            httpx.get(self.simulator.consent(address, self.id_of(handle), scopes), trust_env=False)

        def opened(address: str) -> bool:
            Thread(target=answer, args=(address,)).start()
            return True

        return opened


@pytest.fixture
def scene(simulator: SimulatorControl, database: Engine, tmp_path: Path) -> Iterator[Scene]:
    url = SecretStr(database.url.render_as_string(hide_password=False))
    stack = Stack(Settings(home=tmp_path, data=None, database_url=url))
    stack.__dict__["simulator"] = simulator
    simulator.set_clock(noon(DAY))
    yield Scene(stack, simulator, Console(file=io.StringIO(), width=200))
    simulator.mend()
    for channel in simulator.credentials().channels:
        simulator.set_token(channel.channel_id)
    stack.forget_youtube()
    for source in stack.__dict__.get("trends", {}).values():
        source.close()
    stack.engine.dispose()

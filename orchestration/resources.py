"""Dagster's view of the stack: one resource, `platform`, a shell over the plain `Stack` that scripts and tests use too."""

from __future__ import annotations

from typing import ClassVar

import dagster as dg

from core.settings import Settings
from orchestration.stack import Stack


class Platform(dg.ConfigurableResource[Stack]):
    """Hands out the process's Stack of one market. Its only config is the state folder, so no secret reaches run config.

    Services start on first use: loading the code location starts nothing."""

    state: str

    _stacks: ClassVar[dict[str, Stack]] = {}

    @classmethod
    def of(cls, settings: Settings, stack: Stack | None = None) -> Platform:
        """Make the resource for these settings, over a given stack or a new one."""
        key = str(settings.state)
        cls._stacks[key] = stack or cls._stacks.get(key) or Stack(settings)
        return cls(state=key)

    def get(self) -> Stack:
        """The stack of this market in this process."""
        return self._stacks[self.state]

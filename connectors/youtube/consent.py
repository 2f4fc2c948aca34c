"""The end of a channel's consent while channels are read: it stops the reading of that channel, and of no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from connectors.youtube.oauth import ConsentEnded, EndOfConsent
from core.errors import Refused
from core.ids import ChannelId

LOGGER = logging.getLogger(__name__)

Item = TypeVar("Item")


class ChannelsLeftOut(Refused):
    """All channels were read but some, whose consent has ended."""

    def __init__(self, ended: Mapping[ChannelId, EndOfConsent]) -> None:
        self.channel_ids = tuple(sorted(ended))
        told = ", ".join(f"{channel_id} ({ended[channel_id]})" for channel_id in self.channel_ids)
        super().__init__(
            f"Channels whose consent has ended were left out: {told}.",
            "Run `ytempire connect` for each; see `ytempire channels`.",
        )


class Consents:
    """The consents that ended during one reading of channels. Safe to share among threads."""

    def __init__(self) -> None:
        self._ended: dict[ChannelId, EndOfConsent] = {}

    def read(self, channel_id: ChannelId, read: Callable[[], list[Item]]) -> list[Item]:
        """What is read of a channel; nothing where its consent has ended, which is asked once and then remembered."""
        if channel_id in self._ended:
            return []
        try:
            return read()
        except ConsentEnded as error:
            if channel_id not in self._ended:  # others of its items may have been under way
                LOGGER.warning("Channel %s is left out: its consent is %s.", channel_id, error.end)
            self._ended[channel_id] = error.end
            return []

    def finish(self) -> None:
        """Raise ChannelsLeftOut if a consent ended."""
        if self._ended:
            raise ChannelsLeftOut(self._ended)

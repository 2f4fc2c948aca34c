"""The one way in: clients of YouTube's services for one operator, at one address, under one quota gate."""

from __future__ import annotations

from connectors.http import RetryPolicy
from connectors.youtube.analytics import AnalyticsClient
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.data import DataClient
from connectors.youtube.pictures import PictureClient
from connectors.youtube.quota import QuotaGate
from connectors.youtube.reporting import ReportingClient, ReportingShared
from connectors.youtube.transport import Transport
from connectors.youtube.upload import Uploader
from core.clock import Clock
from core.ids import ChannelId


class YouTube:
    """Makes clients. Nothing is read or connected on construction.

    Args:
        base_url: where Google's services are; None means Google itself.
        credentials: the operator's.
        gate: reserves the price of every call. Its clock says whose day is charged, and what lies in the future.
    """

    def __init__(
        self, base_url: str | None, credentials: YouTubeCredentials, gate: QuotaGate, retry: RetryPolicy | None = None
    ) -> None:
        self.gate = gate
        self._transport = Transport(base_url, credentials, retry)
        self._reporting = ReportingShared(self._transport)

    @property
    def channel_ids(self) -> tuple[ChannelId, ...]:
        """The operator's connected channels, in order."""
        return self._transport.credentials.channel_ids

    def at(self, clock: Clock, *, counting_on: bool = False) -> YouTube:
        """The same clients at another time: charged to the clock's day, with call counts (`.gate.calls`) from zero or shared."""
        return self._behind(self.gate.at(clock, counting_on=counting_on))

    def within(self, share: float) -> YouTube:
        """The same clients for one purpose, which may take a share (0 to 1) of the day's quota."""
        return self._behind(self.gate.within(share))

    def _behind(self, gate: QuotaGate) -> YouTube:
        other = YouTube.__new__(YouTube)
        other.gate = gate
        other._transport = self._transport
        other._reporting = self._reporting
        return other

    def close(self) -> None:
        """Close the connections, of every `at` too."""
        self._transport.close()
        self._reporting.close()

    def data(self, channel_id: ChannelId | None = None) -> DataClient:
        """Data API: public data, or a connected channel's own."""
        return DataClient(self._transport, self.gate, channel_id)

    def analytics(self, channel_id: ChannelId) -> AnalyticsClient:
        """Analytics API of a connected channel."""
        return AnalyticsClient(self._transport, self.gate, channel_id)

    def reporting(self, channel_id: ChannelId) -> ReportingClient:
        """Reporting API of a connected channel."""
        return ReportingClient(self._transport, self.gate, channel_id, self._reporting)

    def pictures(self) -> PictureClient:
        """Thumbnails by their address; close it after use."""
        return PictureClient(self._transport.base_url, self._transport.retry)

    def uploader(self, channel_id: ChannelId) -> Uploader:
        """Uploads to a connected channel."""
        return Uploader(self._transport, self.gate, channel_id)

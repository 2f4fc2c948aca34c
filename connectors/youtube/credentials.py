"""Who calls: an API key for public data, and one refresh token per connected channel.

Tokens are told apart by channel because a call acts for the channel whose owner gave the token. No secret shows in a repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from core.errors import NotConfigured
from core.ids import ChannelId

if TYPE_CHECKING:
    from google.oauth2.credentials import Credentials

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)


class NotConnected(NotConfigured):
    """A channel has no consent here, or none any more."""

    is_of_account = True


@dataclass(frozen=True)
class YouTubeCredentials:
    """The operator's credentials for Google.

    Attributes:
        api_key: for calls that act for nobody (charts, public videos).
        client_id, client_secret: the OAuth client that the refresh tokens were given to.
        refresh_tokens: channel to the token its owner gave; channels whose consent has ended are left out.
        token_uri: where refresh tokens are exchanged for access tokens.
    """

    api_key: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_tokens: Mapping[ChannelId, SecretStr] = field(default_factory=dict)
    token_uri: str = GOOGLE_TOKEN_URI

    @property
    def channel_ids(self) -> tuple[ChannelId, ...]:
        """The connected channels, in order."""
        return tuple(sorted(self.refresh_tokens))

    def key(self) -> str:
        """The API key. Raises NotConfigured."""
        if self.api_key is None:
            raise NotConfigured("No YouTube API key is set.", "Set YOUTUBE_API_KEY.")
        return self.api_key.get_secret_value()

    def for_channel(self, channel_id: ChannelId) -> Credentials:
        """OAuth credentials that act for a channel; they fetch access tokens by themselves.

        Raises NotConnected, or NotConfigured where there is no OAuth client."""
        from google.oauth2.credentials import Credentials

        token = self.refresh_tokens.get(channel_id)
        if token is None:
            raise NotConnected(f"Channel {channel_id} is not connected.", "Connect it: ytempire connect")
        if self.client_id is None or self.client_secret is None:
            raise NotConfigured("No OAuth client is set.", "Set YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET.")
        return Credentials(
            token=None,
            refresh_token=token.get_secret_value(),
            token_uri=self.token_uri,
            client_id=self.client_id,
            client_secret=self.client_secret.get_secret_value(),
        )

"""Thumbnails as viewers get them: from YouTube's image host, or from the market that stands in for it. They cost no quota."""

from __future__ import annotations

from urllib.parse import urlsplit

from connectors.http import HttpClient, RetryPolicy, open_client
from core.errors import InvalidInput

IMAGE_HOST = "https://i.ytimg.com"
MOST_BYTES = 2 << 20
SERVICE = "YouTube's image host"


class PictureClient:
    """Fetches pictures from the image host and the market's own address, and from nowhere else. Safe to share among threads.

    Args:
        base_url: where the market is; None means YouTube itself.
    """

    def __init__(self, base_url: str | None, retry: RetryPolicy | None = None) -> None:
        self._clients = {
            origin: HttpClient(SERVICE, origin, retry=retry, client=open_client(origin), max_bytes=MOST_BYTES)
            for origin in {IMAGE_HOST, *([_origin(base_url)] if base_url else [])}
        }

    def fetch(self, url: str) -> bytes:
        """Read a picture's file of at most 2 MiB. Redirects are not followed.

        Raises InvalidInput for an address elsewhere, NotFound for a picture that is gone, and what `HttpClient` raises."""
        client = self._clients.get(_origin(url))
        if client is None:
            raise InvalidInput(f"A thumbnail lies at {urlsplit(url).hostname}, which is no host of YouTube's pictures.")
        return client.get_bytes(urlsplit(url).path)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()

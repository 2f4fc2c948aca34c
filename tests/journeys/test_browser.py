"""A person opens the Dagster UI in a browser: the graph, a partition, and a video's picture."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Journey

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt install chromium"),
]


@pytest.fixture(scope="module")
def ui(journey: Journey) -> Iterator[str]:
    """The UI of `ytempire dev` on the journey's state."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).with_name("ytempire"), "dev", "--port", str(port)]
    server = subprocess.Popen(command, env=journey.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=60)


@pytest.fixture(scope="module")
def page(ui: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def test_the_graph_is_drawn(page: Any, ui: str) -> None:
    page.goto(f"{ui}/asset-groups")
    page.get_by_text("ingestion").first.wait_for()
    page.get_by_text("publishing").first.wait_for()


def test_a_partition_shows_the_videos_picture(page: Any, ui: str, summaries: dict[Any, dict[str, Any]]) -> None:
    slot = next(iter(summaries.values()))["videos"][0]["slot"]
    page.goto(f"{ui}/assets/video/thumbnail?view=partitions&partition={slot}")
    page.get_by_text(slot.partition("|")[2]).first.wait_for()
    page.goto(f"{ui}/assets/video/thumbnail?view=events&partition={slot}")
    page.get_by_text("Show Markdown").first.click()
    picture = page.locator("img[src^='data:image/']").first
    picture.wait_for()
    assert picture.evaluate("image => image.complete && image.naturalWidth") >= 320

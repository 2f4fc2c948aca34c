"""A local HTTP server that answers from a script and remembers what it was asked: for failures on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """One scripted answer; `drop` closes the connection in place of it, `delay_seconds` pass before it."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    delay_seconds: float = 0.0


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def google_error(status: int, reason: str) -> Answer:
    return json_answer({"error": {"code": status, "message": "m", "errors": [{"reason": reason, "domain": "youtube"}]}}, status)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away while it is answered is part of the tests."""


class ScriptedServer:
    """Answers requests in the order of its script; a request after the last answer gets a 500 that is no JSON."""

    def __init__(self) -> None:
        self.script: deque[Answer] = deque()
        self.asked: list[Asked] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two packets: the second would wait 40 ms for the first

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                owner.asked.append(Asked(self.command, self.path, headers, self.rfile.read(length)))
                found = owner.script.popleft() if owner.script else Answer(500, b"the script is over")
                time.sleep(found.delay_seconds)
                if found.drop:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(found.status)
                for name, value in found.headers.items():
                    self.send_header(name, value.replace("{base}", owner.url))
                if found.status not in {304}:
                    self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                if found.status not in {304}:
                    self.wfile.write(found.body)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answers(self, *answers: Answer) -> None:
        """Append to the script."""
        self.script.extend(answers)

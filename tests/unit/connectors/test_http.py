"""The HTTP client: what is tried again, what is told, what is refused."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import (
    HttpClient,
    PublicTransport,
    RetryPolicy,
    error_for_status,
    in_parallel,
    is_loopback,
    is_public,
    open_client,
    public_address,
    spread,
)
from core.errors import Damaged, InvalidInput, NotFound, Permanent, RateLimited, Refused, ServiceFailed, Transient, Unreachable
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer


class Pauses(list[float]):
    """A sleep that only remembers."""

    def policy(self, **changes: object) -> RetryPolicy:
        return RetryPolicy(sleep=self.append, jitter=lambda seconds: seconds, **changes)  # type: ignore[arg-type]


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def client(server: ScriptedServer, pauses: Pauses) -> Iterator[HttpClient]:
    with closing(HttpClient("Service", server.url, retry=pauses.policy(), max_bytes=4096)) as made:
        yield made


def test_transient_failures_are_tried_again_with_doubling_pauses(
    server: ScriptedServer, client: HttpClient, pauses: Pauses
) -> None:
    server.answers(Answer(503), Answer(drop=True), json_answer({"n": 1}))
    assert client.get_json("/x") == {"n": 1}
    assert pauses == [0.5, 1.0]


def test_attempts_end(server: ScriptedServer, client: HttpClient) -> None:
    server.answers(*[Answer(503)] * 9)
    with pytest.raises(ServiceFailed, match="Service answered 503 to /x"):
        client.get_json("/x")
    assert len(server.asked) == 4


def test_the_service_says_how_long_to_wait(server: ScriptedServer, client: HttpClient, pauses: Pauses) -> None:
    server.answers(Answer(429, headers={"Retry-After": "7"}), json_answer(1))
    assert client.get_json("/x") == 1
    assert pauses == [7.0]


def test_a_wait_that_is_too_long_is_left_to_the_caller(server: ScriptedServer, client: HttpClient, pauses: Pauses) -> None:
    server.answers(Answer(429, headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as caught:
        client.get_json("/x")
    assert caught.value.retry_after_seconds == 3600
    assert pauses == []


@pytest.mark.parametrize(("status", "kind"), [(400, Refused), (401, Refused), (403, Refused), (404, NotFound), (302, Refused)])
def test_permanent_failures_are_not_tried_again(
    server: ScriptedServer, client: HttpClient, status: int, kind: type[Permanent]
) -> None:
    server.answers(Answer(status, headers={"Location": "/elsewhere"}))
    with pytest.raises(kind):
        client.get_json("/x")
    assert len(server.asked) == 1


def test_no_message_holds_the_query(server: ScriptedServer, client: HttpClient) -> None:
    server.answers(Answer(403))
    with pytest.raises(Refused) as refused:
        client.get_json("/x", {"key": "SECRET"})
    server.answers(*[Answer(drop=True)] * 4)
    with pytest.raises(Unreachable) as unreachable:
        client.get_json("/x", {"key": "SECRET"})
    for caught in (refused, unreachable):
        assert "SECRET" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_is_not_json_is_damaged(server: ScriptedServer, client: HttpClient) -> None:
    server.answers(Answer(body=b"<html>"))
    with pytest.raises(Damaged):
        client.get_json("/x")


def test_large_answers_are_cut_off(server: ScriptedServer, client: HttpClient) -> None:
    server.answers(Answer(body=json.dumps("x" * 5000).encode()))
    with pytest.raises(Damaged, match="more than"):
        client.get_json("/x")


def test_a_closed_port_is_unreachable(pauses: Pauses) -> None:
    with ScriptedServer() as gone:
        address = gone.url
    with closing(HttpClient("Service", address, retry=pauses.policy(attempts=1))) as gone_client, pytest.raises(Unreachable):
        gone_client.get_json("/x")


@given(st.integers(min_value=400, max_value=599))
def test_every_error_status_means_an_error(status: int) -> None:
    error = error_for_status("Service", "/x", status)
    assert isinstance(error, Transient) == (status >= 500 or status in {408, 429})


@given(st.floats(min_value=0, max_value=1e6))
def test_jitter_keeps_at_least_half_the_pause(seconds: float) -> None:
    assert seconds / 2 <= spread(seconds) <= seconds


def test_results_keep_the_order_of_items() -> None:
    assert in_parallel(lambda n: n * n, range(50), workers=7) == [n * n for n in range(50)]


def test_loopback_is_known_by_name_and_number() -> None:
    assert is_loopback("http://127.0.0.1:1/x")
    assert is_loopback("http://[::1]:1")
    assert is_loopback("http://localhost")
    assert not is_loopback("https://localhost.example.org")


# Addresses given by users

PRIVATE_NETWORKS = [
    ipaddress.ip_network(text)
    for text in ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
]
private_ipv4 = st.sampled_from(PRIVATE_NETWORKS).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address)).map(ipaddress.IPv4Address)
)


def spellings(ip: ipaddress.IPv4Address) -> list[str]:
    """Ways to write an IPv4 address that connect functions take."""
    number, octets = int(ip), list(ip.packed)
    return [
        str(ip),
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(hex(octet) for octet in octets),
        ".".join(f"0{octet:o}" for octet in octets),
        f"{octets[0]}.{number & 0xFFFFFF}",
        f"[::ffff:{ip}]",
        f"[::{ip}]",
        f"[64:ff9b::{ip}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
        str(ip).replace(".", "。"),
    ]


@given(private_ipv4)
def test_no_spelling_of_a_private_address_is_let_through(ip: ipaddress.IPv4Address) -> None:
    for host in spellings(ip):
        with pytest.raises((InvalidInput, Unreachable)):
            public_address(f"http://{host}/")


@given(st.ip_addresses(v=6).filter(lambda ip: not ip.is_global))
def test_no_private_ipv6_address_is_public(ip: ipaddress.IPv6Address) -> None:
    assert not is_public(str(ip))


@pytest.mark.parametrize("address", ["224.0.0.1", "fe80::1%eth0", "fec0::1", "::1", "240.0.0.1", "255.255.255.255"])
def test_other_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "2002:808:808::"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org", "http://", "//x", "http://u:p@example.org", ""])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        public_address(url, lambda host, port: ["8.8.8.8"])


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(InvalidInput, match=r"rebind\.example"):
        public_address("http://rebind.example/", lambda host, port: ["8.8.8.8", "10.0.0.1"])


def test_a_name_without_address_is_unreachable() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(Unreachable):
        public_address("http://nowhere.example/", unknown)


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    seen: list[httpx.Request] = []

    def inner(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    transport = PublicTransport(lambda host, port: ["8.8.8.8"], httpx.MockTransport(inner))
    with httpx.Client(transport=transport) as web:
        web.get("https://example.org/a?b=c")
    assert str(seen[0].url) == "https://8.8.8.8/a?b=c"
    assert seen[0].headers["host"] == "example.org"
    assert seen[0].extensions["sni_hostname"] == "example.org"


def test_a_redirect_to_a_private_address_is_refused() -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["8.8.8.8"] if host == "example.org" else ["127.0.0.1"]

    inner = httpx.MockTransport(lambda request: httpx.Response(302, headers={"Location": "http://inside/"}))
    with (
        httpx.Client(transport=PublicTransport(resolve, inner), follow_redirects=True) as web,
        pytest.raises(InvalidInput, match="inside"),
    ):
        web.get("https://example.org/")


def test_a_public_client_refuses_a_server_of_this_machine(server: ScriptedServer) -> None:
    with open_client(public_only=True) as web, pytest.raises(InvalidInput):
        web.get(server.url)
    assert server.asked == []


def test_a_validator_is_sent_and_an_unchanged_document_is_told(server: ScriptedServer, client: HttpClient) -> None:
    server.answers(Answer(200, b"new", {"ETag": '"1"'}), Answer(304))
    first = client.get("/x")
    second = client.get("/x", headers={"If-None-Match": first.headers["etag"]})
    assert (first.content, first.is_unchanged, second.is_unchanged) == (b"new", False, True)
    assert server.asked[1].headers["if-none-match"] == '"1"'


def test_a_form_is_posted_with_its_user(server: ScriptedServer, client: HttpClient) -> None:
    server.answers(json_answer({"access_token": "t"}))
    assert client.post_form("/token", {"grant_type": "client_credentials"}, user=("id", "secret")) == {"access_token": "t"}
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("POST", b"grant_type=client_credentials")
    assert asked.headers["authorization"].startswith("Basic ")


def test_no_query_is_told(server: ScriptedServer, client: HttpClient) -> None:
    server.answers(Answer(404))
    with pytest.raises(NotFound) as raised:
        client.get_json("/x?token=secret")
    assert "secret" not in str(raised.value)

"""Google's OAuth for installed apps: the consent page, the token endpoint and revocation.

The page lists the own channels and the scopes asked for, in plain forms. Consent gives a code to a loopback address; the code is
exchanged once, within ten minutes, by the client that asked, at the same redirect_uri and with the PKCE verifier of its
challenge. A refresh token is given for `access_type=offline` with `prompt=consent` only: the own channels count as connected
before. Every reason why a refresh token no longer works reads the same to the client, as with Google: `invalid_grant`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from html import escape
from secrets import token_urlsafe
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.simulator.apis.google import simulation
from connectors.simulator.scenario import OwnChannel
from connectors.simulator.simulation import CLIENT_ID, CLIENT_SECRET, SCOPES, TOKEN_SECONDS, Simulation
from connectors.simulator.state import Code, Grant

CODE_SECONDS = 600
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""


class _BadRequest(Exception):
    """An authorization request that is answered on the spot: without a redirect that can be trusted."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error


async def ask_consent(request: Request) -> Response:
    """The consent page."""
    try:
        scopes = _checked(request)
    except _BadRequest as refusal:
        return _refused(refusal)
    channels = simulation(request).world.scenario.channels
    hint = request.query_params.get("login_hint", "").removeprefix("@")
    chosen = next((channel for channel in channels if hint in {channel.channel_id, channel.handle}), channels[0])
    rows = [_choice(channel, is_checked=channel is chosen) for channel in channels]
    rows += [
        f'<p><label><input type="checkbox" name="scope" value="{escape(scope)}" checked> {escape(scope)}</label></p>'
        for scope in sorted(scopes)
    ]
    body = "\n".join(
        (
            f'<form method="post" action="{escape(f"{request.url.path}?{request.url.query}")}">',
            "<p>ytempire wants access to a channel. Nothing here is real: this is the simulator.</p>",
            *rows,
            '<p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></p>',
            "</form>",
        )
    )
    return HTMLResponse(_PAGE.format(title="Choose a channel", body=body), headers={"Cache-Control": "no-store"})


async def decide(request: Request) -> Response:
    """Take the form of the consent page, and send the browser back to the client."""
    try:
        asked = _checked(request)
        form = parse_qs((await request.body()).decode(errors="replace"))
        channel = simulation(request).world.scenario.own(form.get("channel", [""])[0])
        if form.get("decision") == ["allow"] and channel is None:
            raise _BadRequest(400, "invalid_request", "No channel was chosen.")
    except _BadRequest as refusal:
        return _refused(refusal)
    query = request.query_params
    back = {"state": query["state"]} if "state" in query else {}
    given = asked & frozenset(form.get("scope", ()))
    if form.get("decision") == ["allow"] and channel is not None and given:
        running = simulation(request)
        is_offline = query.get("access_type") == "offline" and "consent" in query.get("prompt", "").split()
        code = Code(
            code="4/0" + token_urlsafe(48),
            channel_id=channel.channel_id,
            scopes=given,
            redirect_uri=query["redirect_uri"],
            challenge=query.get("code_challenge", ""),
            is_offline=is_offline,
            issued=running.wall.now().timestamp(),
        )
        running.state.add_code(code)
        back |= {"code": code.code, "scope": " ".join(sorted(given))}
    else:
        back |= {"error": "access_denied"}
    joint = "&" if urlsplit(query["redirect_uri"]).query else "?"
    return RedirectResponse(f"{query['redirect_uri']}{joint}{urlencode(back)}", 303)


async def grant_token(request: Request) -> Response:
    """Exchange an authorization code or a refresh token for an access token."""
    form = dict(parse_qsl((await request.body()).decode(errors="replace")))
    kind = form.get("grant_type", "")
    if kind not in {"authorization_code", "refresh_token"}:
        return _error(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")
    client_id, client_secret = _client(request, form)
    if client_id != CLIENT_ID:
        return _error(401, "invalid_client", "The OAuth client was not found.")
    if client_secret != CLIENT_SECRET:
        return _error(401, "invalid_client", "Unauthorized")
    running = simulation(request)
    if kind == "authorization_code":
        return _exchanged(running, form)
    grant = running.usable_grant(form.get("refresh_token", ""))
    return _error(400, "invalid_grant", "Token has been expired or revoked.") if grant is None else _tokens(running, grant)


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Id and secret of a client, which sends them in the form or as Basic authentication: Google's own libraries do either."""
    if "client_id" in form:
        return form["client_id"], form.get("client_secret", "")
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    try:
        text = base64.b64decode(coded, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        text = ""
    client_id, _, client_secret = text.partition(":")
    return unquote(client_id), unquote(client_secret)


def _exchanged(running: Simulation, form: dict[str, str]) -> Response:
    """The tokens for a code, which is worth nothing afterwards, whatever the answer."""
    code = running.state.take_code(form.get("code", ""))
    if code is None or running.wall.now().timestamp() - code.issued > CODE_SECONDS:
        return _error(400, "invalid_grant", "Malformed auth code." if code is None else "Bad Request")
    if form.get("redirect_uri") != code.redirect_uri:
        return _error(400, "redirect_uri_mismatch", "Bad Request")
    if code.challenge and not _is_verifier(form.get("code_verifier", ""), code.challenge):
        missing = "Missing code verifier." if "code_verifier" not in form else "Invalid code verifier."
        return _error(400, "invalid_grant", missing)
    refresh_token = "1//0" + token_urlsafe(48) if code.is_offline else None
    return _tokens(running, running.state.add_grant(refresh_token, code.channel_id, code.scopes, running.now), refresh_token)


async def revoke_token(request: Request) -> Response:
    """Withdraw the consent behind a refresh token or an access token."""
    form = dict(parse_qsl((await request.body()).decode(errors="replace")))
    given = form.get("token") or request.query_params.get("token", "")
    running = simulation(request)
    bearer = running.bearer(given)
    grant = running.grant_of(given) if bearer is None else running.state.grant(bearer.grant_id)
    if grant is None or grant.state != "healthy":
        return _error(400, "invalid_token", "Token expired or revoked")
    running.state.revoke_grant(grant.grant_id)
    return JSONResponse({})


def _checked(request: Request) -> frozenset[str]:
    """The scopes that an authorization request asks for. Raises _BadRequest for one that Google refuses on its own page."""
    query = request.query_params
    if query.get("client_id") != CLIENT_ID:
        raise _BadRequest(401, "invalid_client", "The OAuth client was not found.")
    if not _is_loopback(query.get("redirect_uri", "")):
        message = "A desktop client is sent back to a loopback address: http://127.0.0.1:<port>/…"
        raise _BadRequest(400, "redirect_uri_mismatch", message)
    if query.get("response_type") != "code":
        raise _BadRequest(400, "unsupported_response_type", "Use response_type=code.")
    if query.get("code_challenge_method", "S256") != "S256" or (
        "code_challenge_method" in query and not query.get("code_challenge")
    ):
        raise _BadRequest(400, "invalid_request", "Send a code_challenge with code_challenge_method=S256.")
    scopes = frozenset(query.get("scope", "").split())
    if not scopes or not scopes <= SCOPES:
        raise _BadRequest(400, "invalid_scope", f"Unknown or no scope: {', '.join(sorted(scopes - SCOPES)) or 'none given'}.")
    return scopes


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK and parts.port != 0 and not parts.fragment
    except ValueError:
        return False


def _is_verifier(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode(errors="replace")).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.rstrip("=").encode(errors="replace"))


def _choice(channel: OwnChannel, *, is_checked: bool) -> str:
    mark = " checked" if is_checked else ""
    box = f'<input type="radio" name="channel" value="{channel.channel_id}"{mark}>'
    return f"<p><label>{box} {escape(channel.title)} (@{escape(channel.handle)})</label></p>"


def _tokens(running: Simulation, grant: Grant, refresh_token: str | None = None) -> Response:
    body = {
        "access_token": running.access_token(grant),
        "expires_in": TOKEN_SECONDS,
        **({"refresh_token": refresh_token} if refresh_token else {}),
        "scope": " ".join(sorted(grant.scopes)),
        "token_type": "Bearer",
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _refused(refusal: _BadRequest) -> Response:
    body = f"<p>Error {refusal.status}: {escape(refusal.error)}</p>\n<p>{escape(str(refusal))}</p>"
    return HTMLResponse(_PAGE.format(title="Access blocked", body=body), refusal.status)


def _error(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


ROUTES = [
    Route("/o/oauth2/v2/auth", ask_consent),
    Route("/o/oauth2/v2/auth", decide, methods=["POST"]),
    Route("/oauth2/token", grant_token, methods=["POST"]),
    Route("/oauth2/revoke", revoke_token, methods=["POST"]),
]

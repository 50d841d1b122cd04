"""Signing a browser in: the token is pasted once, and a cookie stands for it from then on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orchestrator.access.attempts import Attempts
from orchestrator.access.cookies import cookie_with, cookie_without, secrets_of
from orchestrator.access.own_paths import HOME, SIGN_IN, SIGN_OUT, own_path
from orchestrator.access.sign_ins import SignIns
from orchestrator.errors import BodyTooLarge, Forbidden, TooManyAttempts, UnsupportedMediaType
from orchestrator.web.document import page
from orchestrator.web.look import escaped

_log: Final = structlog.get_logger(__name__)

_FORM: Final = "application/x-www-form-urlencoded"
_MOST_BYTES: Final = 8192
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="xagent"'}
_NOTE: Final = (
    "Whoever has the token can do in these browsers whatever their logged-in users can. "
    "A browser that is signed in may only look at traces."
)


class SignInPages:
    """The page that asks for the token, and what becomes of the forms."""

    def __init__(
        self, is_user: Callable[[str], bool], sign_ins: SignIns, attempts: Attempts
    ) -> None:
        """Ask *is_user* whether a token is the user's."""
        self._is_user = is_user
        self._sign_ins = sign_ins
        self._attempts = attempts

    async def show(self, request: Request) -> Response:
        """Ask for the token; or tell a browser that is signed in that it is."""
        wanted = own_path(request.query_params.get("next", HOME))
        if self._is_signed_in(request):
            return _signed_in(wanted)
        return _form(wanted)

    async def sign_in(self, request: Request) -> Response:
        """Take the token, and send the browser where it wanted to go."""
        form = await _read(request)
        wanted = own_path(form.get("next", HOME))
        address = request.client.host if request.client else ""
        wait = self._attempts.wait_seconds(address)
        if wait > 0:
            raise TooManyAttempts(
                f"Too many wrong tokens: try again in {math.ceil(wait)} s.", retry_after=wait
            )
        if not self._is_user(form.get("token", "").strip()):
            self._attempts.failed(address)
            _log.warning("sign_in.refused", remote_address=address)
            return _form(wanted, wrong="That is not the token of this orchestrator.")
        self._attempts.succeeded(address)
        self._end(request)
        _log.info("sign_in", remote_address=address)
        answer = RedirectResponse(wanted, status_code=303)
        answer.headers.append("Set-Cookie", cookie_with(self._sign_ins.begin(), request.scope))
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Forget the browser, and have it forget us."""
        await _read(request)
        self._end(request)
        answer = RedirectResponse(SIGN_IN, status_code=303)
        answer.headers.append("Set-Cookie", cookie_without(request.scope))
        return answer

    def _is_signed_in(self, request: Request) -> bool:
        return any(map(self._sign_ins.holds, secrets_of(request.scope)))

    def _end(self, request: Request) -> None:
        for secret in secrets_of(request.scope):
            self._sign_ins.end(secret)


async def _read(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent from a page of ours.

    Raises:
        Forbidden: it is from elsewhere, or does not say where it is from.
        UnsupportedMediaType, BodyTooLarge: it is no such form.
    """
    headers = request.headers
    # The guard has seen to it that an Origin, if there is one, is ours or allowed; but what may
    # call the API may not sign anybody in.
    came_from = headers.get("sec-fetch-site")
    if came_from not in (None, "same-origin") or (came_from is None and "origin" not in headers):
        raise Forbidden("This form may only be sent from its own page.")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise UnsupportedMediaType(f"Send the form as `Content-Type: {_FORM}`.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise BodyTooLarge(f"A form is at most {_MOST_BYTES} bytes.")
    fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, errors="replace")
    return {name: values[0] for name, values in fields.items()}


def _form(wanted: str, wrong: str = "") -> Response:
    told = f'<p class="wrong" id="wrong" role="alert">{escaped(wrong)}</p>' if wrong else ""
    invalid = ' aria-invalid="true" aria-describedby="wrong"' if wrong else ""
    body = (
        "<h1>Sign in</h1>"
        "<p>Paste the token of this orchestrator. On its machine, <code>xagent token</code> "
        "prints it.</p>"
        f'{told}<form method="post" action="{SIGN_IN}">'
        f'<input type="hidden" name="next" value="{escaped(wanted)}">'
        '<label for="token">Token</label>'
        '<input id="token" name="token" type="password" required autofocus spellcheck="false" '
        f'autocapitalize="none" autocomplete="current-password"{invalid}>'
        '<button type="submit">Sign in</button></form>'
    )
    return page(
        "Sign in",
        body,
        note=_NOTE,
        status=401 if wrong else 200,
        headers=_CHALLENGE if wrong else None,
    )


def _signed_in(wanted: str) -> Response:
    body = (
        "<h1>You are signed in</h1><p>This browser may look at traces, until you sign it out or "
        "have not used it for twelve hours.</p>"
        f'<a class="button" href="{escaped(wanted)}">Go on</a>'
        f'<form method="post" action="{SIGN_OUT}">'
        '<button class="quiet" type="submit">Sign out</button></form>'
    )
    return page("Signed in", body)

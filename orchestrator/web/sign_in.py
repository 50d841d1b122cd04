"""Signing a browser in: the token is pasted once, or a link is opened that was made with it.

A cookie stands for that from then on. A link signs in only when its button is pressed, so that
whatever looks at links before people do (mail, chat, a browser that fetches ahead) cannot use it
up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orchestrator.access import cookies
from orchestrator.access.attempts import Attempts
from orchestrator.access.cookies import cookie_with, cookie_without, secrets_of
from orchestrator.access.own_paths import HOME, SIGN_IN, SIGN_OUT, own_path
from orchestrator.access.sign_in_links import SignInLinks
from orchestrator.access.sign_ins import SignIns
from orchestrator.errors import TooManyAttempts
from orchestrator.web.document import page
from orchestrator.web.forms import read_form
from orchestrator.web.look import escaped

_log: Final = structlog.get_logger(__name__)

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="xagent"'}
_LOOK_ONLY: Final = "look_only"
_NOTE: Final = (
    "Whoever signs in can do in these browsers whatever their logged-in users can, unless it is "
    "only to look."
)
_WRONG_TOKEN: Final = "That is not the token of this orchestrator."
_WRONG_LINK: Final = (
    "This link was used, or is older than five minutes. Make another with xagent open, or paste "
    "the token."
)


class SignInPages:
    """The page that asks for the token, and what becomes of the forms."""

    def __init__(
        self,
        is_user: Callable[[str], bool],
        sign_ins: SignIns,
        links: SignInLinks,
        attempts: Attempts,
    ) -> None:
        """Ask *is_user* whether a token is the user's."""
        self._is_user = is_user
        self._sign_ins = sign_ins
        self._links = links
        self._attempts = attempts

    async def show(self, request: Request) -> Response:
        """Ask for the token; or tell a browser that is signed in that it is."""
        wanted = own_path(request.query_params.get("next", HOME))
        if self._is_signed_in(request):
            return _signed_in(wanted)
        return _form(wanted)

    async def sign_in(self, request: Request) -> Response:
        """Take the token, and send the browser where it wanted to go."""
        form = await read_form(request)
        wanted = own_path(form.get("next", HOME))
        self._check_attempts(request)
        if not self._is_user(form.get("token", "").strip()):
            self._note_failure(request)
            return _form(wanted, wrong=_WRONG_TOKEN)
        return self._let_in(request, wanted, can_control=_LOOK_ONLY not in form)

    async def show_link(self, request: Request) -> Response:
        """Ask for the click that uses a link up; the link itself may be looked at by anything."""
        wanted = own_path(request.query_params.get("next", HOME))
        if self._links.is_good(request.path_params["code"]):
            return _link(wanted)
        if self._is_signed_in(request):
            return RedirectResponse(wanted, status_code=303)
        return _form(wanted, wrong=_WRONG_LINK)

    async def use_link(self, request: Request) -> Response:
        """Sign in by a link, which is good no more."""
        form = await read_form(request)
        wanted = own_path(form.get("next", HOME))
        self._check_attempts(request)
        can_control = self._links.use(request.path_params["code"])
        if can_control is None:
            self._note_failure(request)
            return _form(wanted, wrong=_WRONG_LINK)
        return self._let_in(request, wanted, can_control=can_control)

    async def sign_out(self, request: Request) -> Response:
        """Forget the browser, and have it forget us; a share that it came by, too."""
        await read_form(request)
        self._end(request)
        answer = RedirectResponse(SIGN_IN, status_code=303)
        for cookie in (cookies.BROWSER, cookies.SHARE):
            answer.headers.append("Set-Cookie", cookie_without(request.scope, cookie))
        return answer

    def _let_in(self, request: Request, wanted: str, *, can_control: bool) -> Response:
        self._attempts.succeeded(_address(request))
        self._end(request)
        _log.info("sign_in", remote_address=_address(request), can_control=can_control)
        answer = RedirectResponse(wanted, status_code=303)
        secret = self._sign_ins.begin(can_control=can_control)
        answer.headers.append("Set-Cookie", cookie_with(secret, request.scope))
        return answer

    def _check_attempts(self, request: Request) -> None:
        wait = self._attempts.wait_seconds(_address(request))
        if wait > 0:
            raise TooManyAttempts(
                f"Too many wrong tokens: try again in {math.ceil(wait)} s.", retry_after=wait
            )

    def _note_failure(self, request: Request) -> None:
        self._attempts.failed(_address(request))
        _log.warning("sign_in.refused", remote_address=_address(request))

    def _is_signed_in(self, request: Request) -> bool:
        return any(map(self._sign_ins.holds, secrets_of(request.scope)))

    def _end(self, request: Request) -> None:
        for secret in secrets_of(request.scope):
            self._sign_ins.end(secret)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _form(wanted: str, wrong: str = "") -> Response:
    told = f'<p class="wrong" id="wrong" role="alert">{escaped(wrong)}</p>' if wrong else ""
    invalid = ' aria-invalid="true" aria-describedby="wrong"' if wrong else ""
    body = (
        "<h1>Sign in</h1>"
        "<p>Paste the token of this orchestrator. On its machine, <code>xagent token</code> "
        "prints it, and <code>xagent open</code> signs you in without it.</p>"
        f'{told}<form method="post" action="{SIGN_IN}">{_next(wanted)}'
        '<label for="token">Token</label>'
        '<input id="token" name="token" type="password" required autofocus spellcheck="false" '
        f'autocapitalize="none" autocomplete="current-password"{invalid}>'
        f'<label class="choice"><input type="checkbox" name="{_LOOK_ONLY}" value="1"> '
        "Only look: nothing can be changed from this browser</label>"
        '<button type="submit">Sign in</button></form>'
    )
    return page(
        "Sign in",
        body,
        note=_NOTE,
        status=401 if wrong else 200,
        headers=_CHALLENGE if wrong else None,
    )


def _link(wanted: str) -> Response:
    # Without an action a form goes to where it is from, so the secret stands nowhere in the page.
    body = (
        "<h1>Sign in</h1><p>This link signs this browser in, and works only once.</p>"
        f'<form method="post">{_next(wanted)}'
        '<button type="submit" autofocus>Sign in</button></form>'
    )
    return page("Sign in", body, note=_NOTE)


def _next(wanted: str) -> str:
    return f'<input type="hidden" name="next" value="{escaped(wanted)}">'


def _signed_in(wanted: str) -> Response:
    body = (
        "<h1>You are signed in</h1><p>Until you sign this browser out, or have not used it for "
        "twelve hours.</p>"
        f'<a class="button" href="{escaped(wanted)}">Go on</a>'
        f'<form method="post" action="{SIGN_OUT}">'
        '<button class="quiet" type="submit">Sign out</button></form>'
    )
    return page("Signed in", body)

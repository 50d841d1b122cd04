"""The problem document (RFC 9457): every refusal as the one kind of error body there is.

It stands beside `errors.py` rather than in a floor, because the guard, the API and the gateway
all refuse, and all are to say it in the same words.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
from starlette.responses import Response

from orchestrator.errors import FieldError, Refusal, Unauthorized

MEDIA_TYPE: Final = "application/problem+json"

_encoder: Final = msgspec.json.Encoder()


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was refused.

    *code* is stable and meant for programs, *detail* is one sentence for people. *errors* names
    the fields at fault, *known* the nearest names that exist, *retry_after* the seconds after
    which trying again makes sense; each is left out when there is nothing to say.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[FieldError, ...] = ()
    known: tuple[str, ...] = ()
    retry_after: float | None = None


def problem_of(refusal: Refusal) -> Problem:
    """Put *refusal* into its document; its type leads to the explanation of its code."""
    return Problem(
        type=f"/docs#{refusal.code}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        code=refusal.code,
        errors=refusal.errors,
        known=refusal.known,
        retry_after=refusal.retry_after,
    )


def problem_response(refusal: Refusal, headers: dict[str, str] | None = None) -> Response:
    """Answer *refusal*, over HTTP or before a WebSocket is accepted."""
    headers = dict(headers or {})
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after)))
    if isinstance(refusal, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="xagent"'
    return Response(
        _encoder.encode(problem_of(refusal)),
        status_code=refusal.status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )

"""Forms of our own pages: read, unless another page sent them."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from orchestrator.errors import BodyTooLarge, Forbidden, UnsupportedMediaType

_FORM: Final = "application/x-www-form-urlencoded"
_MOST_BYTES: Final = 8192


async def read_form(request: Request) -> dict[str, str]:
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

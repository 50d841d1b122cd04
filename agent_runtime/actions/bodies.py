"""What requests and responses carry, as answers show it."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from agent_runtime.actions.call import Call
from xagent_protocol.ids import ArtifactId

_PLAIN: Final = re.compile(r"json|xml|javascript|ecmascript|x-www-form-urlencoded|yaml|graphql")
_CHARSET: Final = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


class Body(msgspec.Struct, frozen=True):
    """Either text, or an artifact, or why there is neither; *size* in bytes."""

    content_type: str
    size: int | None = None
    text: str | None = None
    artifact_id: ArtifactId | None = None
    missing: str | None = None


async def shown_body(
    call: Call, content: bytes, content_type: str, *, name: str, max_chars: int
) -> Body:
    """Return *content* as an answer carries it: text within it, all else beside it."""
    if not content:
        return Body(content_type, 0, "")
    if is_text(content_type) or (not content_type and _is_utf8(content)):
        text = await call.text(
            decoded(content, content_type),
            max_chars,
            name=f"{name}.txt",
            content_type="text/plain; charset=utf-8",
        )
        return Body(content_type, len(content), text)
    return await kept_body(call, content, content_type, name=name)


async def kept_body(call: Call, content: bytes, content_type: str, *, name: str) -> Body:
    """Return *content* as an artifact, whatever it is; no secret is in it, of whatever type."""
    content = call.vault.masking.content(content, "text/plain")
    artifact = await call.keep(
        content, content_type=content_type or "application/octet-stream", name=name
    )
    return Body(content_type, len(content), artifact_id=artifact.artifact_id)


def is_text(content_type: str) -> bool:
    """Say whether a body of this type is for people to read."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or _PLAIN.search(kind) is not None


def decoded(content: bytes, content_type: str) -> str:
    """Return *content* as text, by the charset that its type names, or UTF-8."""
    named = _CHARSET.search(content_type)
    try:
        return content.decode(named[1] if named is not None else "utf-8", errors="replace")
    except LookupError:
        return content.decode(errors="replace")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content

"""Text as pages write it."""

from __future__ import annotations


def printable(text: str) -> str:
    """Replace what is no character: a page may put half a surrogate pair anywhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text

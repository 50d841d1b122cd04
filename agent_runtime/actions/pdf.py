"""Print the page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from playwright.async_api import Error, PdfMargins

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import ArtifactId
from xagent_protocol.outcomes import Effect

PaperFormat = Literal[
    "Letter", "Legal", "Tabloid", "Ledger", "A0", "A1", "A2", "A3", "A4", "A5", "A6"
]

_LENGTH_WORDS: Final = "In px, or with its unit: px, in, cm, mm."
Length = (
    Annotated[float, Meta(ge=0, le=20_000, description=_LENGTH_WORDS)]
    | Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})? ?(px|in|cm|mm)$")]
)

_FAILED: Final = "Printing failed"
_LAST_WORD_SECONDS: Final = 0.3
_REFUSED: Final = re.compile(
    r"Page range|print parameters|paper (?:width|height)|margin|Failed to parse parameter"
    r"|outside of \[0\.1 - 2\] range"
)
_UNSUPPORTED: Final = re.compile(r"only supported for Headless|not implemented|wasn't found")
_PREFIX: Final = re.compile(r"^Page\.pdf: (?:Protocol error \([A-Za-z.]+\): )?")


class Margin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The paper's white edges; what is left out has none."""

    top: Length | None = None
    right: Length | None = None
    bottom: Length | None = None
    left: Length | None = None


class Pdf(msgspec.Struct, frozen=True):
    """Where the document is; *size* in bytes."""

    artifact_id: ArtifactId
    size: int


@action(family="artifacts", reads=True, example={"format": "A4", "print_background": True})
async def pdf(
    call: Call,
    *,
    format: Annotated[PaperFormat | None, Meta(description="Letter if left out.")] = None,
    width: Annotated[Length | None, Meta(description="Of the paper, in place of format.")] = None,
    height: Annotated[Length | None, Meta(description="Of the paper, in place of format.")] = None,
    landscape: bool = False,
    scale: Annotated[float, Meta(ge=0.1, le=2)] = 1.0,
    margin: Margin | None = None,
    page_ranges: Annotated[
        str,
        Meta(
            max_length=1000,
            pattern=r"^ *[0-9]+ *(- *[0-9]+ *)?(, *[0-9]+ *(- *[0-9]+ *)?)*$",
            description="Which sheets: 1-5, 8.",
        ),
    ]
    | None = None,
    print_background: bool = False,
    display_header_footer: bool = False,
    header_template: Annotated[
        str, Meta(description="HTML; classes date, title, url, pageNumber, totalPages are filled.")
    ]
    | None = None,
    footer_template: Annotated[str, Meta(description="As header_template.")] | None = None,
    prefer_css_page_size: Annotated[
        bool, Meta(description="Let the page's own @page size count.")
    ] = False,
    outline: Annotated[bool, Meta(description="With the headings as bookmarks.")] = False,
    tagged: Annotated[bool, Meta(description="Accessible to readers.")] = False,
) -> Pdf:
    """Print the page as a PDF, in the look that it has for print; it becomes an artifact."""
    if format is not None and (width is not None or height is not None):
        raise _invalid("format: give either that or width and height")
    if not display_header_footer and (header_template is not None or footer_template is not None):
        raise _invalid("display_header_footer: a template is shown only with it")
    async with _printing():
        document = await call.page.pdf(
            format=format,
            width=width,
            height=height,
            landscape=landscape,
            scale=scale,
            margin=_margins(margin),
            page_ranges=page_ranges,
            print_background=print_background,
            display_header_footer=display_header_footer,
            header_template=header_template,
            footer_template=footer_template,
            prefer_css_page_size=prefer_css_page_size,
            outline=outline,
            tagged=tagged,
        )
    artifact = await call.keep(document, content_type="application/pdf", name="page.pdf")
    return Pdf(artifact.artifact_id, artifact.size)


@asynccontextmanager
async def _printing() -> AsyncIterator[None]:
    """Explain why nothing was printed."""
    try:
        yield
    except Error as error:
        reason = _PREFIX.sub("", error.message.splitlines()[0])
        if _FAILED in reason:
            # A page that goes says this first; that it has gone ends the command here.
            await asyncio.sleep(_LAST_WORD_SECONDS)
            raise ActionFailed(
                ErrorCode.NOT_ACTIONABLE,
                "the page could not be printed: it may be on its way to another; wait_for that",
                effect=Effect.NONE,
            ) from error
        if _REFUSED.search(reason):
            raise _invalid(f"the page cannot be printed so: {reason}") from error
        if _UNSUPPORTED.search(reason):
            raise ActionFailed(
                ErrorCode.NOT_SUPPORTED,
                "this browser prints only without a window: start its agent without --headed",
                effect=Effect.NONE,
            ) from error
        raise


def _margins(margin: Margin | None) -> PdfMargins | None:
    if margin is None:
        return None
    return PdfMargins(
        top=margin.top or 0,
        right=margin.right or 0,
        bottom=margin.bottom or 0,
        left=margin.left or 0,
    )


def _invalid(message: str) -> ActionFailed:
    return ActionFailed(ErrorCode.INVALID_PARAMS, message)

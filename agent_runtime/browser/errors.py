"""What can be wrong with a browser or one of its pages.

AgentError
└── BrowserError              code and details of the command that met it
    ├── BrowserUnavailable    none runs, and why; the agent cannot start with it
    │   └── ProfileBusy       another Chromium holds the profile
    ├── BrowserCrashed        it died while the command ran
    ├── BrowserRestarted      somebody had it restarted while the command ran
    ├── HumanHasControl       a person drives the page
    ├── NotInControl          the lease that somebody shows is over
    ├── LabelTaken            another page bears this label
    ├── AlreadyRecording      there is one of this kind at a time
    ├── NotRecording          there is nothing to stop
    ├── PageNotFound          no page ever had this id
    ├── PageClosed            it was here and is gone
    └── PageCrashed           its renderer died; the others live
"""

from __future__ import annotations

from typing import ClassVar, Final

from playwright.async_api import Error

from agent_runtime.errors import AgentError
from xagent_protocol.errors import ErrorCode

CALL_FAILED: Final = (Error, RuntimeError)
"""What a call to Playwright raises where the browser cannot be reached; the second is uvloop's
word for the closed pipe of a driver that has died."""


class BrowserError(AgentError):
    """Root of this package's errors; *details* is for programs.

    *is_end* says that the page or the browser went away under whatever was done on it.
    """

    code: ClassVar[ErrorCode]

    def __init__(
        self, message: str, details: dict[str, object] | None = None, *, is_end: bool = False
    ) -> None:
        """State it in one sentence that names the next step."""
        super().__init__(message)
        self.details = details
        self.is_end = is_end


class BrowserUnavailable(BrowserError):
    """No browser could be found or launched."""

    code = ErrorCode.BROWSER_UNAVAILABLE


class ProfileBusy(BrowserUnavailable):
    """Another Chromium holds the profile, or it cannot be proven that none does."""

    code = ErrorCode.PROFILE_BUSY


class BrowserCrashed(BrowserError):
    """The browser, or the driver between us and it, died under the command."""

    code = ErrorCode.BROWSER_CRASHED


class BrowserRestarted(BrowserError):
    """The browser was restarted on request under the command."""

    code = ErrorCode.BROWSER_RESTARTED


class HumanHasControl(BrowserError):
    """A person drives the page, and nobody else does meanwhile."""

    code = ErrorCode.HUMAN_HAS_CONTROL


class NotInControl(BrowserError):
    """The lease that somebody shows is over, or never was."""

    code = ErrorCode.NOT_IN_CONTROL


class NothingAsked(BrowserError):
    """The page waits for no such answer."""

    code = ErrorCode.NOT_ACTIONABLE


class TokenUsed(BrowserError):
    """The lease of that token is over; nobody is given another by it."""

    code = ErrorCode.INVALID_PARAMS


class LabelTaken(BrowserError):
    """Another open page bears this label."""

    code = ErrorCode.INVALID_PARAMS


class AlreadyRecording(BrowserError):
    """A recording of this kind runs already."""

    code = ErrorCode.ALREADY_RECORDING


class NotRecording(BrowserError):
    """No recording of this kind runs: none was started, or it was lost."""

    code = ErrorCode.NOT_RECORDING


class PageNotFound(BrowserError):
    """No page of this agent ever had this id."""

    code = ErrorCode.PAGE_NOT_FOUND


class PageClosed(BrowserError):
    """The page is gone, and its id will never name another."""

    code = ErrorCode.PAGE_CLOSED


class PageCrashed(BrowserError):
    """The page's renderer died; the page takes nothing more than its closing."""

    code = ErrorCode.PAGE_CRASHED

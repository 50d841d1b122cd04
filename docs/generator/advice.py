"""What to do about each error code, in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xagent_protocol.errors import ErrorCode

HTTP_CODES: Final[Mapping[str, str]] = {
    "malformed_body": "Send JSON; the detail says where it breaks.",
    "unauthorized": "Send `Authorization: Bearer …`; `xagent token` prints the token.",
    "invalid_enrolment_token": "Make a new token with `xagent token --agent NAME`.",
    "forbidden": "Use a credential that is for this: the agent's own for its commands; for a "
    "browser that may only look, another sign-in.",
    "origin_not_allowed": "Name the page's origin with `--allowed-origin`, if you trust it.",
    "agent_unknown": "Check the name: `known` lists near ones. An agent appears when it enrols.",
    "artifact_unknown": "Check the id; look at `artifacts` of the command.",
    "share_unknown": "`xagent share --list` says which there are; they end with their time, and "
    "when the orchestrator starts again.",
    "command_unknown": "Check the id. If your submission got no answer, submit it again under "
    "the same id.",
    "no_trace": "Look at `artifacts` of the command for the one whose name ends in `trace.zip`.",
    "viewer_missing": "Install the Python package `playwright` beside the orchestrator, or open "
    "the trace elsewhere with `playwright show-trace`.",
    "too_many_attempts": "Wait for `Retry-After`; `xagent token` prints the right one.",
    "not_found": "Check the path against `/docs`.",
    "method_not_allowed": "Use a method that the `Allow` header lists.",
    "duplicate_agent": "Stop the other install, or choose another name. After it has vanished, "
    "`retry_after` says when the name is free.",
    "body_too_large": "Send less; bytes go to `POST /api/artifacts`.",
    "unsupported_media_type": "Send `Content-Type: application/json`.",
    "host_not_allowed": "Name the host with `--allowed-host`.",
    "action_unknown": "Check the name: `known` lists near ones, the agent's `actions` all.",
    "invalid_params": "Mend the fields that `errors` lists.",
    "invalid_request": "Mend the fields that `errors` lists.",
    "request_id_reused": "Use a new id for a new command; to repeat one, send the same body.",
    "queue_full": "Wait for `Retry-After`, or send less at once.",
    "channel_unavailable": "Wait for `Retry-After`; an agent that offers no such channel is to be "
    "upgraded.",
    "agent_offline": 'Wait for `Retry-After`, or send `"if_offline": "queue"`.',
    "draining": "Try again after `Retry-After`, with the same request id.",
    "storage_unavailable": "Try again after `Retry-After`; the server's log says what the disk "
    "does.",
    "too_many_commands": "Wait for `Retry-After`, or send less at once.",
    "internal_error": "A bug: the server's log has the traceback. Report it.",
}

COMMAND_CODES: Final[Mapping[ErrorCode, tuple[str, str]]] = {
    ErrorCode.SELECTOR_NOT_FOUND: (
        "Nothing on the page matches the target, for as long as the timeout allowed.",
        "Take a `snapshot` to see what is there.",
    ),
    ErrorCode.SELECTOR_AMBIGUOUS: (
        "The target matches more than one element; `details.matches` lists up to five.",
        "Narrow it down, or use a ref from a snapshot.",
    ),
    ErrorCode.SELECTOR_INVALID: ("The selector cannot be read.", "Correct it."),
    ErrorCode.STALE_REF: (
        "The ref is of a document that the page has left, of another page, or of no snapshot.",
        "Take a new `snapshot`.",
    ),
    ErrorCode.NOT_ACTIONABLE: (
        "The element is there but cannot be acted on: covered, disabled, hidden, moving.",
        "Deal with what `details.reason` names, then try again.",
    ),
    ErrorCode.NAVIGATION_FAILED: (
        "The page could not be opened; `details.net_error` is Chromium's own word.",
        "Check the URL and the network of the agent's machine.",
    ),
    ErrorCode.REQUEST_FAILED: (
        "A request that was to be sent beside the pages got no answer; the message says why.",
        "Check the URL and the agent's network; with effect `partial` the server may have heard.",
    ),
    ErrorCode.DIALOG_OPEN: (
        "A JavaScript dialog stands in front of the page.",
        "Answer it with `handle_dialog`; `dialog` of the command says what it asks.",
    ),
    ErrorCode.PAGE_NOT_FOUND: (
        "No page of this agent ever had this id.",
        "Ask for `pages`; `details.open` lists those that are open.",
    ),
    ErrorCode.PAGE_CLOSED: (
        "The page was here and is gone; its id is never used again.",
        "Use one of `details.open`, or open another with `new_page`.",
    ),
    ErrorCode.PAGE_CRASHED: (
        "The page's renderer died; the others live.",
        "`goto` on that page brings it back, or close it.",
    ),
    ErrorCode.BROWSER_CRASHED: (
        "The browser died while the command ran; it is being restarted with the same profile.",
        "Look at what was done, then go on: the next command waits until the browser is back.",
    ),
    ErrorCode.BROWSER_UNAVAILABLE: (
        "No browser runs: it cannot be launched now, or the agent is stopping.",
        "The agent goes on trying to launch it; its log says why it fails.",
    ),
    ErrorCode.BROWSER_RESTARTED: (
        "Somebody had the browser restarted while the command ran.",
        "Look at what it did, then send it again; `pages` lists the new pages.",
    ),
    ErrorCode.PROFILE_BUSY: (
        "Another Chromium has the profile, or one on another host may have it.",
        "Close it; `details` has its host and process id.",
    ),
    ErrorCode.EVALUATION_FAILED: (
        "The script threw, or the page went elsewhere while it ran; `details.stack` has the stack.",
        "Correct the script, or `wait_for` the page first.",
    ),
    ErrorCode.BLOCKED_BY_POLICY: (
        "The scheme is never opened, the operator closed the site, or a secret is for other hosts.",
        "See `details.setting` or `details.hosts`: go elsewhere, or ask the agent's operator.",
    ),
    ErrorCode.TIMED_OUT: (
        "The command's time was spent; the state is `timed_out` as well.",
        "Look at the page, then give it more `timeout`.",
    ),
    ErrorCode.CANCELLED: (
        "Somebody cancelled it; `effect` says whether it had begun.",
        "Nothing, if that was you.",
    ),
    ErrorCode.INVALID_PARAMS: (
        "The params fit the schema, and yet not each other or the browser.",
        "The message names the param.",
    ),
    ErrorCode.UNKNOWN_ACTION: (
        "The agent does not know the action, though it had announced it before.",
        "Ask for the agent's actions again.",
    ),
    ErrorCode.RESULT_TOO_LARGE: (
        "The answer does not fit into a frame.",
        "Ask for less; `effect` says whether the action was done.",
    ),
    ErrorCode.ARTIFACT_UPLOAD_FAILED: (
        "The action was done, but the orchestrator did not take what it made.",
        "The message says why; an artifact may be over the limit.",
    ),
    ErrorCode.DOWNLOAD_FAILED: (
        "A file was to be downloaded and did not come: the message says why.",
        "Check the URL; `details.status` or `details.net_error` is what its server said.",
    ),
    ErrorCode.ARTIFACT_UNAVAILABLE: (
        "The command needs an artifact that does not exist, or that its agent cannot get.",
        "Upload it with `POST /api/artifacts`, and name the id that this returns.",
    ),
    ErrorCode.HUMAN_HAS_CONTROL: (
        "A person drives the page by hand, or has just taken it over from the command.",
        'Wait for them, or send it with `"if_controlled": "wait"`; `details` says who it is.',
    ),
    ErrorCode.NOT_IN_CONTROL: (
        "The lease of the `control_token` is over, or was never given.",
        "Take control again, under a new token.",
    ),
    ErrorCode.NOT_SUPPORTED: (
        "This agent's machine or browser lacks what the action needs.",
        "The message says what is missing and how to get it.",
    ),
    ErrorCode.NOT_ALLOWED: (
        "The agent's own settings do not allow the action; nobody can allow it from elsewhere.",
        "Whoever runs the agent can: the message names the setting.",
    ),
    ErrorCode.ALREADY_RECORDING: (
        "A recording of this kind runs already, of this page or of its context.",
        "End it with the `stop_…` that belongs to it, or go on with it.",
    ),
    ErrorCode.NOT_RECORDING: (
        "No recording of this kind runs: none was started here, or it was lost with the browser.",
        "Begin one with the `start_…` that belongs to it.",
    ),
    ErrorCode.AGENT_STOPPING: (
        "The agent was shutting down; `effect` is `none` if it had not begun.",
        "With `none`, send it again once the agent is back; else look at the page first.",
    ),
    ErrorCode.AGENT_RESTARTED: (
        "The agent died while it ran the command.",
        "Look at what it did before you ask for it again; `effect` is `unknown`.",
    ),
    ErrorCode.JOURNAL_UNAVAILABLE: (
        "The agent could not write down that the command begins, so it did not begin it.",
        "Make room on the agent's disk, or mend what its log names; then send it again.",
    ),
    ErrorCode.OUTCOME_UNKNOWN: (
        "It cannot be known whether it ran; the state is `lost`.",
        "Look at the page before you ask for it again.",
    ),
    ErrorCode.TTL_EXPIRED: (
        "Its time in the queue was over; the state is `expired`.",
        "Send it again, with a longer `ttl` if it may wait.",
    ),
    ErrorCode.INTERNAL_ERROR: (
        "The agent failed in a way that nobody foresaw; its log has the rest.",
        "Look at the page, then report it.",
    ),
}

"""One message of every kind, and how hypothesis makes others."""

from __future__ import annotations

from typing import Final

import msgspec
from hypothesis import strategies as st

from xagent_protocol.codec import encode_actions
from xagent_protocol.ids import (
    ArtifactId,
    BootId,
    ChannelId,
    InstallId,
    JournalId,
    PageId,
    RequestId,
    SessionId,
)
from xagent_protocol.messages import (
    Ack,
    ActionSpec,
    AgentBeat,
    AgentMessage,
    Beat,
    BrowserStatus,
    Cancel,
    Command,
    Drain,
    Goodbye,
    Hello,
    Inventory,
    InventoryItem,
    InventoryState,
    Limits,
    OpenChannel,
    OrchestratorMessage,
    PageSummary,
    Result,
    ResultRef,
    RuntimeVersions,
    Started,
    Welcome,
)
from xagent_protocol.outcomes import (
    ArtifactRef,
    CommandError,
    DialogState,
    Effect,
    Outcome,
    OutcomeState,
    PageState,
)

_ONE: Final = RequestId("r1")
_PAGE: Final = PageId("p1")
BROWSER: Final = BrowserStatus(
    "chromium", "156.0", 2, True, False, (PageSummary(_PAGE, "https://example.com/", "É", True),)
)
LIMITS: Final = Limits(2**20, 2**18, 2**30, 16, 10.0, 25.0, 40.0)

HELLO: Final = Hello(
    protocol_min=1,
    protocol_max=1,
    install_id=InstallId("i"),
    journal_id=JournalId("j"),
    boot_id=BootId("b"),
    highest_epoch=3,
    versions=RuntimeVersions("0.1", "3.11", "Linux", "1.65", "host"),
    browser=BROWSER,
    actions=encode_actions(
        (ActionSpec("goto", "navigate", "Go.", False, True, {"type": "object"}, {"type": "null"}),)
    ),
    labels={"region": "eu"},
    channels=("live",),
)

RESULT: Final = Result(
    _ONE,
    2,
    Outcome(
        state=OutcomeState.FAILED,
        effect=Effect.PARTIAL,
        result=msgspec.Raw(b'{"a":[1,2.5,null]}'),
        error=CommandError("selector_ambiguous", "two match", {"matches": ["a", "b"]}),
        page=PageState(_PAGE, "https://example.com/", "É"),
        artifacts=(ArtifactRef(ArtifactId("a1"), "image/png", 5, "ab" * 32, "shot.png"),),
        dialog=DialogState("confirm", "Sure?", "dismissed", _PAGE),
        notices=("the browser was restarted",),
        duration_ms=12.5,
    ),
)

FROM_AGENT: Final[dict[str, AgentMessage]] = {
    "hello": HELLO,
    "inventory": Inventory((InventoryItem(_ONE, 1, InventoryState.DONE, "goto"),)),
    "started": Started(_ONE, 1),
    "result": RESULT,
    "beat": AgentBeat(7, BROWSER, 2),
    "goodbye": Goodbye("sigterm", False),
}

FROM_ORCHESTRATOR: Final[dict[str, OrchestratorMessage]] = {
    "welcome": Welcome(1, SessionId("s"), 4, LIMITS),
    "command": Command(_ONE, 1, "goto", msgspec.Raw(b'{"url":"https://example.com/"}'), 30.0, "p1"),
    "cancel": Cancel(_ONE),
    "open_channel": OpenChannel(ChannelId("c"), "live", "p1"),
    "ack": Ack((ResultRef(_ONE, 2),)),
    "beat": Beat(7),
    "drain": Drain(2.5),
}

JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)

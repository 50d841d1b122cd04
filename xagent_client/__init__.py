"""The SDK and the `xagent` command: everything a user of Xagent touches.

    from xagent_client import Client

    with Client() as client:
        alpha = client.agent("alpha")
        alpha.goto("https://example.com")
        print(alpha.inner_text("h1"))

`AsyncClient` is the same to await. Errors are drawn in `xagent_client.errors`. What the API answers
stands in `xagent_client.models`, what actions answer and take in `xagent_client.results` and
`xagent_client.params`.
"""

from __future__ import annotations

from xagent_client.async_client import AsyncAgentHandle, AsyncClient
from xagent_client.client import AgentHandle, Client
from xagent_client.errors import (
    ActionNotFound,
    AgentNotFound,
    AgentOffline,
    ArtifactNotFound,
    BrowserCrashed,
    Cancelled,
    CommandFailed,
    CommandNotFound,
    DialogOpen,
    EvaluationFailed,
    Expired,
    InvalidParams,
    InvalidRequest,
    Lost,
    NavigationFailed,
    NoToken,
    PageNotFound,
    QueueFull,
    Refused,
    RequestIdReused,
    SelectorAmbiguous,
    SelectorNotFound,
    StaleRef,
    StillRunning,
    TimedOut,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    XagentError,
)
from xagent_client.many import Answered, Asked
from xagent_client.models import Agent, Artifact, ArtifactRef, Command

__all__ = [
    "Client",
    "AsyncClient",
    "AgentHandle",
    "AsyncAgentHandle",
    "Agent",
    "Artifact",
    "ArtifactRef",
    "Command",
    "Asked",
    "Answered",
    "XagentError",
    "ActionNotFound",
    "AgentNotFound",
    "AgentOffline",
    "ArtifactNotFound",
    "BrowserCrashed",
    "Cancelled",
    "CommandFailed",
    "CommandNotFound",
    "DialogOpen",
    "EvaluationFailed",
    "Expired",
    "InvalidParams",
    "InvalidRequest",
    "Lost",
    "NavigationFailed",
    "NoToken",
    "PageNotFound",
    "QueueFull",
    "Refused",
    "RequestIdReused",
    "SelectorAmbiguous",
    "SelectorNotFound",
    "StaleRef",
    "StillRunning",
    "TimedOut",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
]

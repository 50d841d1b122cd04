"""What a visitor by a share is shown of commands: how they went, and not what was in them.

Params may be a password that was typed, a result the cookies of a login, and a trace or a network
archive is all of that. A visitor was invited to look at an agent, so of what commands made there
is to be seen what a page looked like.
"""

from __future__ import annotations

from typing import Final

import msgspec

from orchestrator.api.models import Agent, Command, CommandFault, CommandSummary
from xagent_protocol.outcomes import NO_RESULT, ArtifactRef

_SEEN: Final = ("image/", "video/")
_NO_PARAMS: Final = msgspec.Raw(b"{}")


def is_for_visitors(content_type: str) -> bool:
    """Say whether an artifact shows what a page looked like."""
    return content_type.startswith(_SEEN)


def command_for_visitors(command: Command) -> Command:
    """Return a command without what may hold secrets, and with a word on what that was."""
    error = command.error
    artifacts = _for_visitors(command.artifacts)
    withheld = ["params", "result"]
    if error is not None and error.details is not None:
        withheld.append("error.details")
        error = CommandFault(error.code, error.message, None)
    if len(artifacts) < len(command.artifacts):
        withheld.append("artifacts")
    return msgspec.structs.replace(
        command,
        params=_NO_PARAMS,
        result=NO_RESULT,
        error=error,
        artifacts=artifacts,
        withheld=tuple(withheld),
    )


def summary_for_visitors(summary: CommandSummary) -> CommandSummary:
    """Return the short of a command without the artifacts that are not for visitors."""
    return msgspec.structs.replace(summary, artifacts=_for_visitors(summary.artifacts))


def agent_for_visitors(agent: Agent) -> Agent:
    """Return an agent without what its commands ask a person: that is a param of theirs."""
    browser = agent.browser
    if browser is None or not browser.human_calls:
        return agent
    calls = tuple(msgspec.structs.replace(call, reason="") for call in browser.human_calls)
    return msgspec.structs.replace(
        agent, browser=msgspec.structs.replace(browser, human_calls=calls)
    )


def _for_visitors(artifacts: tuple[ArtifactRef, ...]) -> tuple[ArtifactRef, ...]:
    return tuple(one for one in artifacts if is_for_visitors(one.content_type))

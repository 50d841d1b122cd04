"""What each kind of caller may see and control."""

from __future__ import annotations

import pytest

from orchestrator.access.principal import Principal, PrincipalKind
from xagent_protocol.ids import AgentId

ALPHA, BETA = AgentId("alpha"), AgentId("beta")


@pytest.mark.parametrize(
    ("principal", "sees", "controls"),
    [
        (Principal(PrincipalKind.USER, can_control=True), {ALPHA, BETA, None}, {ALPHA, BETA}),
        (Principal(PrincipalKind.PERSON, can_control=True), {ALPHA, BETA, None}, {ALPHA, BETA}),
        (Principal(PrincipalKind.PERSON), {ALPHA, BETA, None}, set()),
        (Principal(PrincipalKind.SHARE, ALPHA), {ALPHA}, set()),
        (Principal(PrincipalKind.AGENT, ALPHA), {ALPHA}, set()),
        (Principal(PrincipalKind.PUBLIC), set(), set()),
        (Principal(PrincipalKind.ENROLMENT), set(), set()),
    ],
)
def test_each_kind_sees_and_controls_its_own(
    principal: Principal, sees: set[AgentId | None], controls: set[AgentId]
) -> None:
    assert {each for each in (ALPHA, BETA, None) if principal.may_see(each)} == sees
    assert {each for each in (ALPHA, BETA) if principal.may_control(each)} == controls
    assert principal.lasts()

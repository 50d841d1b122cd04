"""Params against the schemas that agents announce."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.dispatch.catalog import ActionCatalog
from orchestrator.errors import ActionUnknown, InvalidParams
from tests.orchestrator.records import action, agent_record

GOTO = action(
    "goto",
    reads=False,
    type="object",
    properties={
        "url": {"type": "string"},
        "wait_until": {"enum": ["load", "commit"]},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    required=["url"],
    additionalProperties=False,
)
CATALOG = ActionCatalog()


def refused(params: object) -> dict[str, str]:
    """Return what is wrong with *params* of `goto`, by field."""
    with pytest.raises(InvalidParams) as error:
        CATALOG.validate(GOTO, params)
    return {field.field: field.message for field in error.value.errors}


def test_what_was_announced_is_found() -> None:
    agent = agent_record(actions=(GOTO,))

    assert CATALOG.find(agent, "goto") is GOTO


def test_what_is_announced_later_is_found_then() -> None:
    catalog = ActionCatalog()
    with pytest.raises(ActionUnknown):
        catalog.find(agent_record(actions=()), "goto")

    assert catalog.find(agent_record(actions=(GOTO,)), "goto") is GOTO


def test_an_unknown_action_is_answered_with_the_nearest() -> None:
    with pytest.raises(ActionUnknown, match="Did you mean 'goto'") as unknown:
        CATALOG.find(agent_record("near", actions=(GOTO, action("read", reads=True))), "gotoo")

    assert unknown.value.known == ("goto",)
    assert unknown.value.errors[0].field == "action"


def test_an_agent_that_never_came_has_announced_nothing() -> None:
    with pytest.raises(ActionUnknown, match="not announced any action yet"):
        CATALOG.find(agent_record("new", actions=()), "goto")


def test_params_that_fit_pass() -> None:
    CATALOG.validate(GOTO, {"url": "x", "wait_until": "load", "headers": {"a": "b"}})


def test_each_field_at_fault_is_named() -> None:
    assert refused({}) == {"params.url": "is required"}
    assert "did you mean 'url'" in refused({"url": "x", "ulr": "y"})["params.ulr"]
    assert "it takes" in refused({"url": "x", "qqqq": 1})["params.qqqq"]
    assert "string" in refused({"url": 1})["params.url"]
    assert set(refused({"url": "x", "headers": {"a": 1}})) == {"params.headers.a"}
    assert set(refused({"wait_until": "never"})) == {"params.url", "params.wait_until"}
    assert "params" in refused([])


def test_errors_are_named_up_to_a_limit() -> None:
    many = {"url": "x", "headers": {f"h{number}": number for number in range(100)}}

    assert len(refused(many)) == 10


@pytest.mark.parametrize(
    "schema",
    [
        {"type": 5},
        {"type": "object", "properties": {"a": {"type": "nothing"}}},
        {"pattern": "("},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/nowhere"},
        {"$schema": "https://example.com/other-dialect"},
    ],
)
def test_an_unusable_schema_is_the_agents_fault_and_fetched_from_nowhere(
    schema: dict[str, Any],
) -> None:
    with pytest.raises(InvalidParams, match="cannot be used"):
        CATALOG.validate(action("broken", reads=False, **schema), {})


def test_a_schema_that_refers_to_itself_is_survived() -> None:
    CATALOG.validate(action("loop", reads=False, **{"$ref": "#"}), {})
    with pytest.raises(InvalidParams):
        CATALOG.validate(
            action(
                "tree",
                reads=False,
                type="object",
                properties={"next": {"$ref": "#"}},
                additionalProperties=False,
            ),
            {"next": {"next": {"other": 1}}},
        )

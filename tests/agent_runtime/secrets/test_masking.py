"""What leaves the agent holds no secret."""

from __future__ import annotations

import base64
import json
import re

import msgspec
import pytest
from hypothesis import given, strategies as st

from agent_runtime.secrets.masking import Masking
from xagent_protocol.ids import ArtifactId, PageId
from xagent_protocol.messages import BrowserStatus, PageSummary
from xagent_protocol.outcomes import (
    ArtifactRef,
    CommandError,
    DialogState,
    Effect,
    Outcome,
    OutcomeState,
    PageState,
)

VALUE = "hunter2 & co"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def masking() -> Masking:
    """One that knows a single secret."""
    masking = Masking()
    masking.learn("shop", [VALUE])
    return masking


def test_it_has_nothing_to_do_before_it_knows_a_secret() -> None:
    masking = Masking()
    outcome = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE)

    assert not masking.is_active
    assert masking.json(b'"hunter2"') == b'"hunter2"'
    assert masking.outcome(outcome) is outcome


def test_a_secret_in_a_text_becomes_its_name(masking: Masking) -> None:
    assert masking.text(f"<{VALUE}> hunter2 &amp; co") == "<[secret:shop]> [secret:shop]"
    assert masking.text("hunter3") == "hunter3"


def test_a_secret_in_json_becomes_its_name_in_values_and_keys(masking: Masking) -> None:
    answer = {"a": [f"x{VALUE}", None, 1.5, {VALUE: True}], "b": {"hunter": "hunter2"}}

    assert json.loads(masking.json(msgspec.json.encode(answer))) == {
        "a": ["x[secret:shop]", None, 1.5, {"[secret:shop]": True}],
        "b": {"hunter": "hunter2"},
    }


def test_json_without_a_secret_is_the_same_bytes(masking: Masking) -> None:
    encoded = b'{"hunter2":  1e3}'

    assert masking.json(encoded) is not None
    assert masking.json(encoded) == encoded


def test_a_secret_that_begins_in_an_escape_is_no_secret(masking: Masking) -> None:
    """The tab's escape ends in a t, with which this secret begins."""
    masking.learn("t", ["t0psecret"])

    assert json.loads(masking.json(rb'["\t0psecret", "t0psecret"]')) == [
        "\t0psecret",
        "[secret:t]",
    ]


def test_a_number_that_is_a_secret_becomes_its_name(masking: Masking) -> None:
    masking.learn("pin", ["4711"])

    masked = masking.json(b'{"pin":4711,"time":1747112345,"text":"pin 4711.","half":4711.5}')

    assert json.loads(masked) == {
        "pin": "[secret:pin]",
        "time": 1747112345,
        "text": "pin [secret:pin].",
        "half": 4711.5,
    }


def test_a_name_that_is_another_secret_stays_a_name() -> None:
    masking = Masking()
    masking.learn("alpha", ["beta"])
    masking.learn("beta", ["alpha"])

    once = masking.text("alpha beta")

    assert once == "[secret:beta] [secret:alpha]"
    assert masking.text(once) == once


def test_of_two_that_begin_alike_the_longer_counts() -> None:
    masking = Masking()
    masking.learn("short", ["hunter"])
    masking.learn("long", ["hunter22"])

    assert masking.text("hunter22 hunter2") == "[secret:long] [secret:short]2"


def test_credentials_in_base64_are_found(masking: Masking) -> None:
    header = "Basic " + base64.b64encode(f"ada:{VALUE}".encode()).decode()

    masked = masking.text(header)

    assert re.fullmatch(r"Basic YWRhOm\[secret:shop\]w==", masked), (
        "all but what a neighbour shares"
    )


def test_a_code_is_masked_for_its_time_only() -> None:
    clock = Clock()
    masking = Masking(clock)
    masking.learn("code", ["123456"], seconds=600)
    masking.learn("code", ["654321"], seconds=900)

    clock.now += 599
    assert masking.text("123456 654321") == "[secret:code] [secret:code]"
    clock.now += 1
    assert masking.text("123456 654321") == "123456 [secret:code]"
    clock.now += 300
    assert masking.text("123456 654321") == "123456 654321"
    assert not masking.is_active


def test_what_was_learned_for_good_is_not_forgotten_with_a_code() -> None:
    clock = Clock()
    masking = Masking(clock)
    masking.learn("code", ["123456"])
    masking.learn("code", ["123456"], seconds=1)

    clock.now += 2

    assert masking.text("123456") == "[secret:code]"


def test_artifacts_are_masked_if_they_are_text(masking: Masking) -> None:
    text = f"x {VALUE}".encode()

    assert masking.content(text, "text/plain; charset=utf-8") == b"x [secret:shop]"
    assert masking.content(json.dumps(VALUE).encode(), "application/json") == b'"[secret:shop]"'
    assert masking.content(text, "application/json") == b"x [secret:shop]"
    assert masking.content(b"\xff" + text, "text/html") == b"\xffx [secret:shop]"
    assert masking.content(text, "image/png") == text


def test_json_that_is_none_is_masked_as_text(masking: Masking) -> None:
    broken = b'{"a": "\\q hunter2 & co"}'

    assert b"hunter2" not in masking.content(broken, "application/json")


def test_every_part_of_an_outcome_is_masked(masking: Masking) -> None:
    outcome = Outcome(
        OutcomeState.FAILED,
        Effect.PARTIAL,
        error=CommandError("evaluation_failed", f"it threw {VALUE}", {"stack": [VALUE], "n": 1}),
        page=PageState(PageId("p1"), "http://x/?q=hunter2+%26+co", VALUE),
        artifacts=(ArtifactRef(ArtifactId("a"), f"text/{VALUE}", 5, "00", f"{VALUE}.txt"),),
        dialog=DialogState("prompt", VALUE, "accepted", PageId("p1"), VALUE),
        notices=(VALUE,),
        duration_ms=1.5,
    )

    masked = masking.outcome(outcome)

    encoded = msgspec.json.encode(masked)
    assert b"hunter2" not in encoded
    assert encoded.count(b"[secret:shop]") == 9
    assert masked.error is not None
    assert masked.error.details == {"stack": ["[secret:shop]"], "n": 1}
    assert masked.duration_ms == 1.5


def test_an_outcome_without_a_secret_is_the_same(masking: Masking) -> None:
    outcome = Outcome(
        OutcomeState.SUCCEEDED, Effect.COMPLETE, page=PageState(PageId("p1"), "http://x/", None)
    )

    assert masking.outcome(outcome) is outcome


def test_what_beats_tell_of_pages_is_masked(masking: Masking) -> None:
    dialog = DialogState("prompt", VALUE, "open", PageId("p1"), VALUE)
    page = PageSummary(PageId("p1"), f"http://x/#{VALUE}", VALUE, dialog=dialog)
    status = BrowserStatus("chromium", "1", 1, True, True, (page,))

    assert b"hunter2" not in msgspec.json.encode(masking.status(status))
    assert Masking().status(status) is status


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=st.text(min_size=4, max_size=12).filter(lambda one: len(one.strip()) >= 4), data=JSON)
def test_whatever_the_secret_json_stays_json_and_holds_it_no_more(value: str, data: object) -> None:
    masking = Masking()
    masking.learn("x", [value])

    masked = masking.json(msgspec.json.encode([data, f"a{value}b", {value: value}]))

    text = json.dumps(json.loads(masked), ensure_ascii=False)
    assert value not in text.replace("[secret:x]", "\0")

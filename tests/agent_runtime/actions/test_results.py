"""Results as JSON."""

from __future__ import annotations

import msgspec

from agent_runtime.actions.navigate import Navigation
from agent_runtime.actions.results import encode_result


def test_half_a_surrogate_pair_does_not_cost_the_answer() -> None:
    answer = Navigation(url="http://127.0.0.1/", status=200, title="half \ud800 pair")

    assert msgspec.json.decode(encode_result(answer)) == {
        "url": "http://127.0.0.1/",
        "status": 200,
        "title": "half � pair",
    }


def test_nested_values_stay_as_they_are() -> None:
    value = {"list": [1, 2.5, "x", None, True, {"\ud800": ["\udfff"]}]}

    assert msgspec.json.decode(encode_result(value)) == {
        "list": [1, 2.5, "x", None, True, {"�": ["�"]}]
    }

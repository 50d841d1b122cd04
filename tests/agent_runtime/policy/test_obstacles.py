"""What was in the way is remembered for a while."""

from __future__ import annotations

from agent_runtime.policy.obstacles import Obstacle, Obstacles
from tests.agent_runtime.policy.sites import destination


def test_the_last_one_on_the_way_to_the_same_place_is_found() -> None:
    obstacles = Obstacles()
    there = destination("https://example.com/")
    first, second = Obstacle(there, "first", "--deny-site"), Obstacle(there, "second")

    obstacles.note(first, 1.0)
    obstacles.note(second, 2.0)
    obstacles.note(Obstacle(destination("http://example.com/"), "elsewhere"), 3.0)

    assert obstacles.on_the_way_to(destination("https://EXAMPLE.com:443/a")) is second
    assert obstacles.on_the_way_to(there, since=2.0) is second
    assert obstacles.on_the_way_to(there, since=2.5) is None
    assert obstacles.on_the_way_to(destination("https://example.org/")) is None


def test_a_program_reads_which_setting_closes_which_host_or_what_a_browser_would_say() -> None:
    there = destination("http://example.com:8080/")

    assert Obstacle(there, "…", setting="--deny-site").details == {
        "host": "example.com:8080",
        "setting": "--deny-site",
    }
    assert Obstacle(there, "…", net_error="ERR_X").details == {"net_error": "ERR_X"}

"""What a user lives through, with real browsers; each journey leaves all running."""

from __future__ import annotations

import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.end_to_end.fleet import Fleet, are_gone, family, kill, until
from tests.site.server import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def slowly(seconds: float, value: int) -> dict[str, str]:
    """Return an expression that takes its time."""
    return {"expression": f"new Promise(done => setTimeout(() => done({value}), {seconds * 1000}))"}


def browsers(fleet: Fleet, name: str) -> list[psutil.Process]:
    """Return the browser processes of an agent that no browser process is the parent of."""
    processes = [one for one in family(fleet.agents[name]) if "chrom" in one.name()]
    pids = {one.pid for one in processes}
    return [one for one in processes if one.ppid() not in pids]


def test_1_each_answer_belongs_to_its_agent_and_its_command(fleet: Fleet, site: Site) -> None:
    """Must show 2: two agents by name, and a hundred commands at once, mixed over both."""
    for name in ("alpha", "beta"):
        gone = fleet.run(name, "goto", params={"url": site.url(f"/sign-in?user={name}")})
        assert gone["state"] == "succeeded", gone
    for name in ("alpha", "beta"):
        text = fleet.run(name, "inner_text", params={"target": "p"})
        assert text["result"] == f"welcome {name}"

    def ask(number: int) -> None:
        name = "alpha" if number % 2 else "beta"
        if number % 5:
            given = {"expression": f"document.title + {number}"}
            command = fleet.run(name, "evaluate", params=given, request_id=f"mixed-{number}")
            assert command["result"] == f"Welcome{number}", command
        else:
            given = {"target": "p"}
            command = fleet.run(name, "inner_text", params=given, request_id=f"mixed-{number}")
            assert command["result"] == f"welcome {name}", command
        assert (command["request_id"], command["agent_id"]) == (f"mixed-{number}", name)

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(ask, range(100)))


def test_2_a_killed_browser_fails_its_command_and_is_back_for_the_next(fleet: Fleet) -> None:
    """F14. Must show 5."""
    before = fleet.get("/api/agents/alpha")["session"]["session_id"]
    fleet.run("alpha", "evaluate", params=slowly(20, 1), request_id="crashing", wait=0)
    until(lambda: fleet.get("/api/commands/crashing")["state"] == "running")

    kill(browsers(fleet, "alpha"))
    crashed = fleet.get("/api/commands/crashing", wait=20)

    assert crashed["state"] == "failed", crashed
    assert crashed["error"]["code"] == "browser_crashed"
    assert crashed["effect"] in ("partial", "unknown")
    after = fleet.run("alpha", "evaluate", params={"expression": "6 * 7"})
    assert after["result"] == 42, after
    agent = fleet.get("/api/agents/alpha")
    assert agent["session"]["session_id"] == before
    assert agent["browser"]["epoch"] == 2


def test_3_a_killed_orchestrator_finds_its_agents_and_their_results_again(fleet: Fleet) -> None:
    """F4. Must show 4."""
    pages = fleet.run("alpha", "pages")["result"]
    fleet.run("alpha", "evaluate", params=slowly(3, 7), request_id="surviving", wait=0)
    until(lambda: fleet.get("/api/commands/surviving")["state"] == "running")

    fleet.kill_orchestrator()
    fleet.start_orchestrator()
    finished = fleet.get("/api/commands/surviving", wait=20)

    assert finished["state"] == "succeeded", finished
    assert (finished["result"], finished["attempt"]) == (7, 1)
    fleet.until_ready("alpha", "beta")
    assert fleet.run("alpha", "pages")["result"] == pages
    again = fleet.run("alpha", "evaluate", params=slowly(3, 7), request_id="surviving")
    assert again["finished_at"] == finished["finished_at"]


def test_4_whatever_is_killed_the_login_and_the_history_stay(fleet: Fleet, site: Site) -> None:
    """Must show 3."""
    # Under another host name, where nobody has been yet.
    there = site.url("/account").replace("127.0.0.1", "localhost")
    fleet.run("alpha", "goto", params={"url": there.replace("account", "sign-in?user=ada")})
    fleet.run("alpha", "goto", params={"url": there}, request_id="before")
    saved = fleet.data_dir / "agents" / "alpha" / "cookies.json"
    until(lambda: saved.read_text().count('"ada"') == 2)
    known = fleet.get("/api/agents/alpha/commands", limit=5)["items"]
    assert known[0]["request_id"] == "before"

    fleet.end()
    fleet.start_orchestrator()
    assert fleet.contact("alpha")["connected"] is False
    for name in ("alpha", "beta"):
        fleet.start_agent(name)
    fleet.until_ready("alpha", "beta")

    assert fleet.get("/api/agents/alpha/commands", limit=1)["items"][0] == known[0]
    fleet.run("alpha", "goto", params={"url": there})
    for target in ("#remember", "#session"):
        assert fleet.run("alpha", "inner_text", params={"target": target})["result"] == "ada"


def test_5_an_orchestrator_that_is_asked_to_stop_answers_who_waits(fleet: Fleet) -> None:
    """F45: 202, status 0, within the drain time, and the command ends where it runs."""
    logged = len(fleet.log)
    answers: list[dict[str, object]] = []
    waiting = threading.Thread(
        target=lambda: answers.append(
            fleet.run("beta", "evaluate", params=slowly(2, 9), request_id="waiting")
        )
    )
    waiting.start()
    until(lambda: fleet.get("/api/agents/beta")["in_flight"] == 1)
    began = time.monotonic()

    fleet.terminate_orchestrator()
    waiting.join()
    assert fleet.orchestrator is not None
    status = fleet.orchestrator.wait(15)

    assert status == 0
    assert time.monotonic() - began < 10
    assert [answer["state"] for answer in answers] in (["running"], ["dispatched"])
    assert "Traceback" not in fleet.log[logged:]
    assert not (fleet.data_dir / "orchestrator.json").exists()
    fleet.start_orchestrator()
    assert fleet.get("/api/commands/waiting", wait=20)["result"] == 9
    fleet.until_ready("alpha", "beta")


def test_6_an_agent_that_is_asked_to_stop_says_goodbye_and_leaves_nothing(fleet: Fleet) -> None:
    processes = family(fleet.agents["beta"])
    assert len(processes) > 2

    fleet.agents["beta"].terminate()
    status = fleet.agents["beta"].wait(15)

    assert status == 0
    until(lambda: are_gone(processes), 5)
    until(lambda: not fleet.contact("beta")["connected"], 5)
    reason = until(lambda: fleet.get("/api/agents/beta/sessions")["items"][0]["end_reason"], 5)
    assert reason.startswith("goodbye")
    assert fleet.contact("alpha")["connected"]


def test_7_no_log_holds_a_secret(fleet: Fleet) -> None:
    token = (fleet.data_dir / "token").read_text().strip()
    for log in fleet.data_dir.glob("*.log"):
        text = log.read_text()
        assert token not in text
        assert "xagent_agent_" not in text
        assert "xagent_enrol_" not in text
    assert isinstance(fleet.orchestrator, subprocess.Popen)

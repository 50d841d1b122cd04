"""What a run comes to, in figures."""

from __future__ import annotations

from chaos.checker import check
from chaos.records import Launched
from chaos.report import Report, make_report, written
from tests.chaos.story import Story


def report_of(story: Story) -> Report:
    """Return what is reported of it."""
    evidence = story.evidence()
    return make_report(evidence, check(evidence))


def test_commands_are_counted_by_how_they_ended() -> None:
    story = Story()
    story.succeed("r1")
    story.succeed("r2", at=2.0)
    story.succeed("r3", at=3.0, state="lost", effect="unknown")

    report = report_of(story)

    assert (report.commands, report.outcomes) == (3, {"succeeded": 2, "lost": 1})
    assert round(report.lost_percent) == 33


def test_recovery_lasts_until_a_command_that_came_after_the_fault_is_done_and_answered() -> None:
    """One that was over before, and is asked for again, proves nothing."""
    story = Story()
    story.succeed("r1", at=9.0)
    story.suffer("orchestrator-kill", "orchestrator", at=10.0)
    story.end_process("orchestrator", at=10.0, status=-9)
    story.add(Launched(at=11.0, process="orchestrator", pid=3))
    story.call("r1", story.listed[0], at=11.5)
    story.succeed("r2", at=13.0)

    report = report_of(story)

    assert report.recovery is not None
    assert report.restart is not None
    assert (report.recovery.p99, report.restart.p99) == (3.5, 2.5)


def test_no_anomaly_in_n_trials_is_less_than_three_in_n() -> None:
    story = Story()
    for number in range(10):
        story.succeed(f"r{number}", at=1.0 + number)

    assert "I1            0 in 10, < 0.3\n" in written(report_of(story))


def test_an_anomaly_is_told_with_its_subject() -> None:
    story = Story()
    story.succeed("r1")
    story.execution("r1", at=9.0, nonce="another")

    assert "    r1: evaluate was begun 2 times, and is no read" in written(report_of(story))

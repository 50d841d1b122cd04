"""What Prometheus is told."""

from __future__ import annotations

from orchestrator.metrics import MAX_ACTIONS, Metrics


def scraped(metrics: Metrics) -> list[str]:
    return metrics.render(agents=0, connected=0, in_flight=0, queued=0).decode().splitlines()


def test_names_of_actions_are_bounded() -> None:
    metrics = Metrics()

    for number in range(MAX_ACTIONS + 50):
        metrics.command_finished(f"action_{number}", "succeeded", 0.1)
    metrics.command_finished("action_0", "succeeded", 0.1)

    lines = [line for line in scraped(metrics) if line.startswith("xagent_commands_total{")]
    assert len(lines) == MAX_ACTIONS + 1
    assert 'xagent_commands_total{action="action_0",state="succeeded"} 2.0' in lines
    assert 'xagent_commands_total{action="other",state="succeeded"} 50.0' in lines


def test_two_servers_in_one_process_do_not_mix() -> None:
    one, other = Metrics(), Metrics()

    one.session_began()
    one.result_unexpected()
    one.journal_committed(3, 0.001)
    one.journal_failed()

    assert "xagent_sessions_total 1.0" in scraped(one)
    assert "xagent_unexpected_results_total 1.0" in scraped(one)
    assert "xagent_journal_batch_rows_sum 3.0" in scraped(one)
    assert "xagent_journal_commit_failures_total 1.0" in scraped(one)
    assert "xagent_sessions_total 0.0" in scraped(other)

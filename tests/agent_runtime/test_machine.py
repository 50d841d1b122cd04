"""What can be known of the machine."""

from __future__ import annotations

from agent_runtime.machine import machine_boot


def test_as_long_as_the_machine_runs_its_boot_has_one_name() -> None:
    assert machine_boot()
    assert machine_boot() == machine_boot()

"""Tests of `orchestrator.api`."""

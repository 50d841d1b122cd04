"""Tests of `orchestrator.access`."""

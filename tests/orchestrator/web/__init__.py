"""Tests of `orchestrator.web`."""

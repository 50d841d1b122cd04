"""Tests of the socket to the orchestrator."""

"""Tests of what happens to a command in the agent."""

"""Streams between a client and something on this agent, each on a second socket of its own."""

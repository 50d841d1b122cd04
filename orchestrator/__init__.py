"""The orchestrator: the registry of agents, the journal of commands, and the doors to both."""

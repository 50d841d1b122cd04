"""The `xagent` command: thin faces over the SDK, and the supervisor behind `xagent up`."""

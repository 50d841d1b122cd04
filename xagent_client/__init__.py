"""The SDK and the `xagent` command: everything a user of Xagent touches."""

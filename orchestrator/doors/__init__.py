"""Other ways to the same browser than commands: each splices a client to a channel of its agent."""

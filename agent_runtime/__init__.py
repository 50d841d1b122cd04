"""The agent: one named process that owns one browser profile and does what it is asked."""

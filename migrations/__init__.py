"""The history of the schema, one idea a migration; installed as `orchestrator.migrations`."""

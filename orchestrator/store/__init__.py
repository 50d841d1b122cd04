"""What survives a restart: tables, records, and the one writer that commits for everybody."""

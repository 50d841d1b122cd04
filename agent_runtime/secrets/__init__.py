"""What an agent types and tells nobody: kept on its machine, masked in all that leaves it."""

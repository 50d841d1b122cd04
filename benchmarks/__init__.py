"""What commands cost, measured against baselines of our own in the same run."""

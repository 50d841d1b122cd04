"""What must hold, one function for each: it yields once for each trial, with the anomaly if any."""

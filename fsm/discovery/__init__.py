"""Discovery: the machine that a log shows, with the evidence for each transition."""

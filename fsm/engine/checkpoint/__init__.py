"""Continue from an earlier replay: a directory that keeps what was executed."""

"""Claims on logs: how many messages agree with what is claimed of them, and which do not."""

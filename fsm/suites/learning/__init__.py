"""Learning the machine of an implementation: what was observed, hypotheses, their tests."""

"""Tests run against implementations: adapters, reproductions, learnt machines."""

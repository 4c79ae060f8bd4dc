"""Logs that are read bit by bit: what earlier runs read of them, kept in a checkpoint."""

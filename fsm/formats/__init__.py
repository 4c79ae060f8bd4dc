"""Machines in files: what other tools read and write, without loss where the format is ours."""

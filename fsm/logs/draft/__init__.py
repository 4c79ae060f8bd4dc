"""Drafts of mapping files: how a log is to be read, and what is not certain about it."""

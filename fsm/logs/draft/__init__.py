"""Drafts of mapping files: how a log of an unknown format is to be read, and what is not certain."""

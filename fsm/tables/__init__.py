"""Documented tables: read them from pages, know their words, hold them against machines."""

"""Documented tables: read from pages, checked against machines, written from machines."""

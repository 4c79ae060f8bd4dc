"""Check documented tables against their machines."""

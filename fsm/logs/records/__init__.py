"""Providers' events as JSON: one table for each provider, and one reader for all of them."""

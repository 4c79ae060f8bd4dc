"""Blocks in Markdown pages that are written from machines, and kept fresh."""

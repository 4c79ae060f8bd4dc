"""Bounce mails: what a mail reports of which recipient, and which message it is about."""

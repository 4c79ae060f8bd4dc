"""Readers of mail servers' logs and bounce mails, line by line."""

"""Bounce mails with labels, made from the forms that systems document."""

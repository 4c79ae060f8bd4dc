"""What native events mean: event mappings, blame, policies, redaction."""

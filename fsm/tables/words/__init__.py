"""The words of documented tables: lexicons, drafts of lexicons, and bindings."""

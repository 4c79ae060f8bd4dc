"""The words of documented tables: lexicons, bindings, and drafts of new ones."""

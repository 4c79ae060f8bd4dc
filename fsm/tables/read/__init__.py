"""Pages and their tables: every cell as it is written, with its line and column."""

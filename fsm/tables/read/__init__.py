"""Read the tables of pages: every cell as written, with its line and column."""

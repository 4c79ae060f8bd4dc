"""Generated blocks of Markdown pages: written from machines, and kept up to date."""

"""Where logs are: files, pipes, object stores, the web, databases; read within bounds."""

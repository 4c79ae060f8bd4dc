"""How tests are derived: covers, tours, chains and the graphs that they need."""

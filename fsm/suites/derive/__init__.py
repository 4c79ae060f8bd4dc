"""The derivation of tests: cover products, tours, chains and the graphs that they need."""

"""Tables that declare a machine: what a table says, and what it leaves open."""

"""Write logs: tables, and the formats of process mining."""

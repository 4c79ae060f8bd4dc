"""Read the event logs of process mining: XES, and OCEL 2.0 in its three forms."""

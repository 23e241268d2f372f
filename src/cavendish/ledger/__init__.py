"""Who asks, and what it costs: keys and usage, in integers."""

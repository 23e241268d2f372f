"""Where runs execute: a bounded pool of threads."""

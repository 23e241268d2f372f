"""The HTTP face: dialects (pure parse and render) around one edge and one bridge to the worker threads."""

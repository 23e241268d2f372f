"""The embedded engine: words -> scene (plain data) -> layout -> picture. CPU, no weights."""

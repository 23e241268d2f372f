"""Cavendish: image generation and editing that you run yourself. Importing it starts nothing."""

__version__ = "0.1.0"

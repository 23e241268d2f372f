"""Painting: a scene -> where everything stands -> pixels. It reads no words."""

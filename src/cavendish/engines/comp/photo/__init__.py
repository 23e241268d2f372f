"""Edits of uploaded photographs by image operations."""

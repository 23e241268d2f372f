"""Engines turn a complete request into pictures. Siblings in here never import each other."""

"""Thinking: plan (words -> a complete request) and, later, check (picture against request)."""

"""Renderings of what was compared or read: each takes a value and returns text, and decides nothing."""

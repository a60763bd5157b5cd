"""Chaos: a whole Relance of real processes, hurt on purpose, and whether every promise was kept; imported by nothing."""

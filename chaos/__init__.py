"""Chaos: a whole Relance of real processes, hurt on purpose, and whether it keeps its promises; imported by nothing."""

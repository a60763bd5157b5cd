"""Boards: a pipeline's columns with their leads, as clients see them."""

"""Boards: a pipeline's columns with their leads, as they were at a moment of the past, and what moved in between.

All of it comes from the journal.
"""

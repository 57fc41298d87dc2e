"""Subjects measured in turn, each by a process of its own."""

"""Trained models in the layout that model hubs expect, and those that come with the toolkit."""

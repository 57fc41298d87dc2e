"""NAFNet as a backbone of moei_toolkit."""

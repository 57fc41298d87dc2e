"""A trained model as a folder of graphs that needs neither PyTorch nor the run it came from."""

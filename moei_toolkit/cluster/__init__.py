"""Work spread over the processes and machines of a Ray cluster."""

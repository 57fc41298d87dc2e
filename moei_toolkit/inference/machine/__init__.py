"""What a network runs on and computes in: device, threads, precision, heap."""

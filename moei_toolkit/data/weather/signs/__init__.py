"""What weather does to a picture, measured, and how severe it is by these signs."""

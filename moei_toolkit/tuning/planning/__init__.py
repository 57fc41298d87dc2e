"""What a search varies, and which trials and stages that makes."""

"""What an image lacks, seen locally, as a whole and by channel, beside every block."""

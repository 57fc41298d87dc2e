"""Generated scenes: pictures with natural statistics and true depth."""

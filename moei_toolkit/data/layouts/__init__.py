"""Where images lie: the embedded data set, published ones, and folders of photographs."""

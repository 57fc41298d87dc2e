"""What each stage of the main job does; ``chain`` says in which order and with which inputs."""

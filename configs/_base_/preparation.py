"""What a preparation goes by where its own config says nothing: weather over scenes that are all clean."""

weather = {name: dict(type=name) for name in ("rain", "haze", "snow")}

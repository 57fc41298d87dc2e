"""How files of photographs are looked into and decoded."""

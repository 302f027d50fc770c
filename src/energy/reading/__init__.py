"""How files become checked values: YAML documents, CSV tables, frozen models, and faults that name file and line."""

"""Workshop: photo to faces to embedding."""

"""FaceDesk in a window of its own: a server that ends with its starter, and the window."""

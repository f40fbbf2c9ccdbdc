"""How the gallery is: quality of its photos, faces that disagree, people who look alike."""

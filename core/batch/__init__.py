"""Many replacements at once: a dry run first, then row by row, resumable, and with a way back."""

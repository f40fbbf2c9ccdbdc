"""Verbs of ``python -m core``; each module has ``add_arguments(parser)`` and ``run(args)``."""

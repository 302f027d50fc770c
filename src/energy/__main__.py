"""``python -m energy`` is the command ``energy``."""

from energy.cli import main

main()

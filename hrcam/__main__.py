"""Run the ``hrcam`` command as ``python -m hrcam``."""

from hrcam.cli import main

main()

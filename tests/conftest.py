"""Settings of all tests: no example fails for being slow on a busy machine."""

import sys
from pathlib import Path

from hypothesis import settings

# Processes that tests start find the functions of these files by their module's name;
# at the end, so that the packages are those that are installed.
sys.path.append(str(Path(__file__).parents[1]))

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

"""What a file may ask for before it is taken for a mistake, and how to allow more.

Sizes are compared with these limits before anything of that size is made. An
environment variable of the limit's name replaces it.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A number that files must not exceed.

    Attributes
    ----------
    name
        The environment variable that replaces it.
    usual
        What holds without that.
    about
        What is counted.
    """

    name: str
    usual: int
    about: str

    @property
    def most(self) -> int:
        """The number that holds now.

        Raises
        ------
        ValueError
            If the environment variable is no number above 0.
        """
        given = os.environ.get(self.name)
        if not given:
            return self.usual
        if not given.isascii() or not given.isdigit() or int(given) < 1:
            msg = f"{self.name} must be a whole number above 0, got {given!r}"
            raise ValueError(msg)
        return int(given)

    @property
    def hint(self) -> str:
        """How to allow more."""
        return f"set {self.name} to allow more"


PIXELS = Limit("HRCAM_MAX_PIXELS", 2**26, "pixels of a picture")
VOXELS = Limit("HRCAM_MAX_VOXELS", 2**28, "pixels of a volume")
IMAGES = Limit("HRCAM_MAX_IMAGES", 2**22, "images in one file")
BYTES = Limit("HRCAM_MAX_BYTES", 2**30, "bytes of a text file (JSON, CSV)")
MARKED = Limit("HRCAM_MAX_MARKED", 2**33, "lesions of an image, times its pixels")

LIMITS = (PIXELS, VOXELS, IMAGES, BYTES, MARKED)
"""All of them, in the order of the docs."""

"""DeconvNet: only what is positive passes back, whether the unit was on or not.

At a rectifier the signal R becomes 1[R > 0] R; maximum pooling passes it to where the
maximum was.
"""

from hrcam.methods.gradient import variant

METHOD = variant("deconvnet", "DeconvNet", "deconvnet", "Zeiler and Fergus, ECCV 2014")

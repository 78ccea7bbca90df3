"""Check whether a map depends on the model and shows what the model relies on.

:func:`check` runs every check there is for one model and one dataset:

- *weights*: cascading randomization of the network, from the top down;
- *labels*: heads, or a whole network, that learned permuted labels;
- *training*: the same methods on other trained models;
- *deletion and insertion* of pixels in the order of each map;
- *reliance*: what the model loses without each lesion, against the map's mass on it.

Likeness of maps is read against pairs of maps of different images, because an empty
background makes any two maps alike.
"""

from hrcam.pipeline.sanity.options import Options, Sanity
from hrcam.pipeline.sanity.running import check
from hrcam.pipeline.sanity.storage import open_sanity

__all__ = ["Options", "Sanity", "check", "open_sanity"]

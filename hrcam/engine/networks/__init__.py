"""The networks that can be trained here, by name; one file each.

Every network takes raw gray or color values in [0, 255], scales them itself (so a
saved model contains its preprocessing) and ends in global average pooling, a dense
layer ``logits`` and a softmax ``probabilities``: the paper's base head.
"""

from hrcam.engine.networks.building import NETWORKS, build, find, read
from hrcam.engine.networks.plan import WEIGHTS, Network, Plan
from hrcam.engine.networks.weights import digest

__all__ = [
    "NETWORKS",
    "WEIGHTS",
    "Network",
    "Plan",
    "build",
    "digest",
    "find",
    "read",
]

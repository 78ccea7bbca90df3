"""HR-CAM of a network that has learned nothing: fresh random weights, the same head.

If it does as well as HR-CAM, the map shows what the architecture and the head can
detect rather than what the classifier has learned.
"""

from dataclasses import replace

from hrcam.methods.hr_cam import HEAD, variant

METHOD = replace(
    variant(
        "hr_cam_untrained",
        "HR-CAM, random network",
        HEAD,
        "the head on the features of the network with fresh random weights",
    ),
    kind="baseline",
    network="untrained",
)

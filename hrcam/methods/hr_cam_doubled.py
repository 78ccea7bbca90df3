"""HR-CAM on the image at twice the size, with the last layer alone and with all.

If the last layer alone does as well as HR-CAM, a finer image replaces the shallow
layers; if all layers do better than HR-CAM, the two add up.
"""

from dataclasses import replace

from hrcam.methods.hr_cam import HEAD, variant

METHOD = replace(
    variant(
        "hr_cam_doubled",
        "HR-CAM, image doubled",
        HEAD,
        "the head on the features of the image enlarged to twice its size",
    ),
    layers=("last", "all"),
    network="doubled",
)

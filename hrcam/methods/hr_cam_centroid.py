"""HR-CAM with the centroid head: the difference of the classes' mean features."""

from hrcam.methods.hr_cam import variant

METHOD = variant(
    "hr_cam_centroid",
    "HR-CAM, centroid head",
    "centroid",
    "PeerJ CS 622, 2021, with class means for weights",
)

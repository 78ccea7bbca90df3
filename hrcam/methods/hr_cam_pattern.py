"""HR-CAM with the pattern head: where the signal of the convex filter is."""

from hrcam.methods.hr_cam import variant

METHOD = variant(
    "hr_cam_pattern",
    "HR-CAM, pattern head",
    "pattern",
    "PeerJ CS 622, 2021, with the activation pattern of Haufe et al., NeuroImage 2014",
)

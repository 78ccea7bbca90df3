"""HR-CAM with the convex head: the filter of lowest penalized log-loss."""

from hrcam.methods.hr_cam import variant

METHOD = variant(
    "hr_cam_convex",
    "HR-CAM, convex head",
    "convex",
    "PeerJ CS 622, 2021, fitted to the optimum",
)

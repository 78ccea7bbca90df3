"""HR-CAM with the head the paper describes: Adam on raw pooled features."""

from hrcam.methods.hr_cam import variant

METHOD = variant("hr_cam_paper", "HR-CAM, paper's head", "paper", "PeerJ CS 622, 2021")

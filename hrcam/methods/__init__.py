"""The methods: one small file each, one word in the table each.

The order is the order of reports.
"""

from hrcam.methods import (
    cam,
    ceiling,
    center_prior,
    constant,
    effect,
    filter_cam,
    grad_cam,
    hr_cam,
    hr_cam_centroid,
    hr_cam_convex,
    hr_cam_paper,
    intensity,
    intensity_blurred,
    local_variance,
    random,
    sobel,
)
from hrcam.methods.method import Method

METHODS: dict[str, Method] = {
    module.METHOD.name: module.METHOD
    for module in (
        hr_cam,
        hr_cam_convex,
        hr_cam_centroid,
        hr_cam_paper,
        cam,
        grad_cam,
        filter_cam,
        intensity,
        intensity_blurred,
        local_variance,
        sobel,
        center_prior,
        constant,
        random,
        ceiling,
        effect,
    )
}

__all__ = ["METHODS", "Method"]

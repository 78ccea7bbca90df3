"""HR-CAM on the last layer without the stride of its stage: a finer last map alone.

If it does as well as HR-CAM, the gain is the finer grid's, not the shallow layers'. The
stride is taken out by shift and stitch (Long, Shelhamer & Darrell, CVPR 2015), which
leaves every unit of the network its value.
"""

from dataclasses import replace

from hrcam.methods.hr_cam import HEAD, variant

METHOD = replace(
    variant(
        "hr_cam_destrided",
        "HR-CAM, last stride removed",
        HEAD,
        "the head on the last layer without its stage's stride, Long et al., CVPR 2015",
    ),
    layers=("last",),
    network="destrided",
    last_only="the layers before it stay as they are",
)

"""Guided Grad-CAM: guided backpropagation where Grad-CAM is positive."""

from hrcam.capture import Capture, Parts
from hrcam.methods import grad_cam
from hrcam.methods.method import Method
from hrcam.resampling import magnify


def explain(capture: Capture) -> Parts:
    """Multiply guided backpropagation by the enlarged, rectified Grad-CAM.

    Returns the signed map on the image's grid, (n, h, w): guided derivatives summed
    over the pixel's channels, times ReLU(Grad-CAM) of the last layer that is seen.
    Bilinear and half-pixel, whatever alignment the finished map is asked in (others:
    nearest neighbor). 0 where Grad-CAM is nowhere positive.
    """
    ops, layer = capture.ops, capture.layers[-1]
    (coarse,) = grad_cam.METHOD.explain(capture).values()
    window = magnify(ops, ops.maximum(coarse, 0.0), layer.size, capture.size)
    return {"image": ops.sum(capture.slopes["guided"], axis=-1) * window}


METHOD = Method(
    "guided_grad_cam",
    "Guided Grad-CAM",
    explain,
    source="Selvaraju et al., ICCV 2017, section 3.2",
    layers=("last",),
    needs=frozenset({"features", "gradients", "slope:guided"}),
    postprocessing="absolute",
)

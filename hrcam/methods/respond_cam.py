"""Respond-CAM: what XGrad-CAM found two years later, signed and made for volumes."""

from hrcam.contraction import at_last
from hrcam.methods.method import Method
from hrcam.methods.xgrad_cam import draw

# Zhao et al., MICCAI 2018, weight a channel by sum(A g) / sum(A) over all positions, in
# two or three dimensions: the weight of XGrad-CAM, which cites other axioms. The map is
# published signed, without the ReLU, because what it promises is that its sum is the
# class score (plus a constant where the rest of the network is linear: the bias). A
# ReLU would break that, so the two entries differ wherever a map has negative values.
METHOD = Method(
    "respond_cam",
    "Respond-CAM",
    at_last(draw),
    source="Zhao et al., MICCAI 2018",
    layers=("last",),
    needs=frozenset({"features", "gradients"}),
)

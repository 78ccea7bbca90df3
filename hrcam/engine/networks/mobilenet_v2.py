"""MobileNetV2 (Sandler et al., CVPR 2018)."""

import keras

from hrcam.engine.networks.plan import Network, Plan
from hrcam.engine.networks.stock import SIGNED, backbone


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Put MobileNetV2 on the image."""
    return backbone(image, plan, keras.applications.MobileNetV2, SIGNED)


NETWORK = Network("mobilenet_v2", "MobileNetV2", features, smallest=32, stock=True)

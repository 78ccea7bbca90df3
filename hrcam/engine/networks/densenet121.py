"""DenseNet-121 (Huang et al., CVPR 2017)."""

import keras

from hrcam.engine.networks.plan import Network, Plan
from hrcam.engine.networks.stock import TORCH, backbone


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Put DenseNet-121 on the image."""
    return backbone(image, plan, keras.applications.DenseNet121, TORCH)


NETWORK = Network("densenet121", "DenseNet-121", features, smallest=32, stock=True)

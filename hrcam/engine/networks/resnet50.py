"""ResNet-50 (He et al., CVPR 2016)."""

import keras

from hrcam.engine.networks.plan import Network, Plan
from hrcam.engine.networks.stock import CAFFE, backbone


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Put ResNet-50 on the image."""
    return backbone(image, plan, keras.applications.ResNet50, CAFFE)


NETWORK = Network("resnet50", "ResNet-50", features, smallest=32, stock=True)

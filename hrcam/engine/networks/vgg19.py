"""VGG-19 (Simonyan & Zisserman, ICLR 2015)."""

import keras

from hrcam.engine.networks.plan import Network, Plan
from hrcam.engine.networks.stock import CAFFE, backbone


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Put VGG-19 on the image."""
    return backbone(image, plan, keras.applications.VGG19, CAFFE)


NETWORK = Network("vgg19", "VGG-19", features, smallest=32, stock=True)

"""A compact network after VGG (Simonyan & Zisserman, ICLR 2015).

Two 3 x 3 convolutions per stage, wider with depth, max-pooling between the stages, with
batch normalization: 180 thousand weights, 97 million multiplications for an image of
128 x 128. ``stage1`` … ``stage5`` are the last activations of the stages.
"""

import keras

from hrcam.engine.networks.compact import stack
from hrcam.engine.networks.plan import Network, Plan, scaled

#: Channels of both convolutions of each stage.
WIDTHS = (12, 24, 40, 56, 80)


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Stack five stages of two 3 x 3 convolutions."""
    return stack(scaled(image, plan), tuple((width, width) for width in WIDTHS))


NETWORK = Network("compact_vgg", "compact VGG", features, smallest=32)

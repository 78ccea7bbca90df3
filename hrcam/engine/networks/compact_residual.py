"""A compact residual network (after He et al., CVPR 2016): strided convolutions.

A convolution at full size, then four residual blocks with stride 2: two convolutions,
and as a shortcut the maximum of the 3 x 3 neighborhood (a shortcut that keeps every
other pixel, or averages, learned the default recipe too slowly). 87 thousand weights,
52 million multiplications for an image of 128 x 128. Padding is explicit and symmetric,
so that both branches of a block look at the same place (a stride-2 convolution with
``same`` padding would look one pixel further); activations are not negative, so zeros
around them change no maximum. ``stage1`` … ``stage5`` are the last activations.
"""

import keras
from keras import layers

from hrcam.engine.networks.plan import Network, Plan, convolved, scaled

#: Channels of the stages.
WIDTHS = (16, 20, 28, 40, 48)


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Put four residual blocks on a convolution."""
    x = convolved(scaled(image, plan), WIDTHS[0], "stage1")
    for stage, width in enumerate(WIDTHS[1:], start=2):
        x = _block(x, width, f"stage{stage}")
    return x


def _block(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    """Halve the sides: two 3 x 3 convolutions plus the pooled neighborhood."""
    x = layers.ZeroPadding2D(1)(x)
    y = layers.Conv2D(width, 3, strides=2, use_bias=False)(x)
    y = layers.BatchNormalization(momentum=0.9)(y)
    y = layers.ReLU()(y)
    y = layers.Conv2D(width, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization(momentum=0.9)(y)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.Conv2D(width, 1, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU(name=name)(layers.Add()([x, y]))


NETWORK = Network("compact_residual", "compact ResNet", features, smallest=32)

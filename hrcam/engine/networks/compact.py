"""A compact plain network: the default.

Five stages at 1, 1/2, 1/4, 1/8 and 1/16 of the image's sides: 83 thousand weights, 43
million multiplications for an image of 128 x 128. ``stage1`` … ``stage5`` are the last
activations of the stages.
"""

import keras
from keras import layers

from hrcam.engine.networks.plan import Network, Plan, convolved, scaled

#: Channels of the convolutions, stage by stage.
STAGES = ((16,), (24,), (32, 32), (48, 48), (64,))


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Stack five stages of 3 x 3 convolutions with 2 x 2 max-pooling between them."""
    return stack(scaled(image, plan), STAGES)


def stack(
    x: keras.KerasTensor, stages: tuple[tuple[int, ...], ...]
) -> keras.KerasTensor:
    """Stack stages of convolutions of these widths with max-pooling between them."""
    for stage, widths in enumerate(stages, start=1):
        for step, width in enumerate(widths, start=1):
            last = step == len(widths)
            x = convolved(x, width, f"stage{stage}" if last else None)
        if stage < len(stages):
            x = layers.MaxPooling2D(2)(x)
    return x


NETWORK = Network("compact", "compact CNN", features, smallest=32)

"""EfficientNet-B0 (Tan & Le, ICML 2019)."""

import keras

from hrcam.engine.networks.plan import Network, Plan
from hrcam.engine.networks.stock import INSIDE, backbone


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Put EfficientNet-B0 on the image."""
    return backbone(
        image, plan, keras.applications.EfficientNetB0, INSIDE, divisor=255.0
    )


NETWORK = Network(
    "efficientnet_b0", "EfficientNet-B0", features, smallest=32, stock=True
)

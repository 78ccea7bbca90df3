"""Code in a model's file is not run; the refusal says what to do."""

import re

import keras
import pytest
from keras import layers

from hrcam.engine.networks import read

pytestmark = pytest.mark.engine


class Odd(layers.Layer):
    """A class that is not registered with Keras."""

    def call(self, x):
        return 2 * x


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (lambda: layers.Lambda(lambda x: 2 * x), "code inside, in a Lambda"),
        (Odd, "code of its own, 'Odd'"),
    ],
    ids=["lambda", "class"],
)
def test_a_file_with_code_is_refused_with_the_remedy(layer, told, tmp_path):
    image = keras.Input((8, 12, 3))
    x = layers.GlobalMaxPooling2D()(layer()(layers.Conv2D(2, 3)(image)))
    path = tmp_path / "model.keras"
    keras.Model(image, layers.Dense(2)(x)).save(path)
    message = (
        f"{path} must be a Keras model, got: {told}; if you trust it, load it in "
        "Python and explain the loaded model"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read(path)

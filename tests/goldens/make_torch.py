"""Compute maps with other libraries, for tests of methods of features and gradients.

Where torch, captum, torchcam and grad-cam are installed, then where TensorFlow and
tf-keras-vis are, from the repository's root::

    python tests/goldens/make_torch.py
    python tests/goldens/make_torch.py keras

write ``tests/goldens/cams.npz``: the weights of a small network, three images, the
classes explained, each layer's features and gradients, the maps (n, h, w) of every
library by ``library/layer/method``, and the versions that computed them.
"""

import sys
from importlib import metadata
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FILE = HERE / "cams.npz"


def from_torch():
    """Return everything that torch libraries compute."""
    sys.path.insert(0, str(HERE))
    import torch_oracles as oracles

    net, x = oracles.Net().eval(), oracles.images()
    logits = net(x).detach().numpy()
    assert (logits < 0).any()
    assert (logits > 0).any()
    found = {f"weights/{k}": v.numpy() for k, v in net.state_dict().items()}
    found |= {"images": np.moveaxis(x.numpy(), 1, -1), "logits": logits}
    found["classes"] = np.array(oracles.CLASSES)
    for name in oracles.LAYERS:
        features, gradients = oracles.features_and_gradients(net, x, name)
        found |= {f"features/{name}": features, f"gradients/{name}": gradients}
        for library, compute in {
            "captum": oracles.captum_maps,
            "torchcam": oracles.torchcam_maps,
            "grad-cam": oracles.grad_cam_maps,
        }.items():
            for method, maps in compute(net, x, name).items():
                found[f"{library}/{name}/{method}"] = maps.astype(np.float32)
    return found, ("torch", "captum", "torchcam", "grad-cam")


def from_keras(stored):
    """Return what tf-keras-vis computes of the same network."""
    import keras
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.layercam import Layercam

    model = twin(stored)
    x, classes = stored["images"], stored["classes"]
    logits = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(logits, stored["logits"], rtol=1e-4, atol=1e-5)
    found = {}
    for name in ("first", "second", "third"):
        for method, make in {"grad_cam": Gradcam, "layer_cam": Layercam}.items():
            maps = make(model, model_modifier=None, clone=False)(
                lambda output: [output[i, k] for i, k in enumerate(classes)],
                x,
                penultimate_layer=name,
                expand_cam=False,
                normalize_cam=False,
                activation_modifier=None,
            )
            found[f"tf-keras-vis/{name}/{method}"] = np.asarray(maps, np.float32)
    return found, ("tensorflow", "keras", "tf-keras-vis")


def twin(stored):
    """Return the network with the stored weights as a Keras model."""
    import keras

    layers = keras.layers
    image = keras.Input((16, 20, 2))
    x = layers.Conv2D(5, 3, padding="same", activation="relu", name="first")(image)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(6, 3, padding="same", activation="relu", name="second")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(7, 3, padding="same", activation="relu", name="third")(x)
    x = layers.Dense(4, name="head")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, x)
    for name in ("first", "second", "third"):
        kernel = stored[f"weights/{name}.0.weight"].transpose(2, 3, 1, 0)
        model.get_layer(name).set_weights([kernel, stored[f"weights/{name}.0.bias"]])
    head = stored["weights/head.weight"].T, stored["weights/head.bias"]
    model.get_layer("head").set_weights(head)
    return model


def main():
    stored = dict(np.load(FILE)) if FILE.exists() else {}
    if sys.argv[1:] == ["keras"]:
        found, packages = from_keras(stored)
    else:
        found, packages = from_torch()
    versions = {f"versions/{x}": np.array(metadata.version(x)) for x in packages}
    np.savez_compressed(FILE, **{**stored, **found, **versions})


if __name__ == "__main__":
    main()

"""Train and look into networks: the only package that imports Keras.

Keras runs on what ``KERAS_BACKEND`` says; on TensorFlow where it says nothing, and on
JAX or PyTorch where TensorFlow is not installed.
"""

import os
import sys
from importlib.util import find_spec

#: Back ends by preference, each with the extra of the same name.
BACK_ENDS = ("tensorflow", "jax", "torch")

if "KERAS_BACKEND" not in os.environ and "keras" not in sys.modules:
    found = next((name for name in BACK_ENDS if find_spec(name) is not None), None)
    if found in BACK_ENDS[1:]:
        os.environ["KERAS_BACKEND"] = found

try:
    import keras  # noqa: F401
except ModuleNotFoundError as error:
    msg = (
        f"hrcam.engine needs Keras on TensorFlow, JAX or PyTorch, got no module "
        f"{error.name!r}; install hrcam-bench[tensorflow], hrcam-bench[jax] or "
        "hrcam-bench[torch]"
    )
    raise ModuleNotFoundError(msg, name=error.name) from error

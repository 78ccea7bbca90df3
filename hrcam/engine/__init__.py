"""Train and look into networks: the only package that imports Keras.

Keras runs on TensorFlow unless ``KERAS_BACKEND`` says otherwise.
"""

try:
    import keras  # noqa: F401
except ModuleNotFoundError as error:
    msg = (
        f"hrcam.engine needs Keras on TensorFlow, got no module {error.name!r}; "
        "install hrcam-bench[tensorflow]"
    )
    raise ModuleNotFoundError(msg, name=error.name) from error

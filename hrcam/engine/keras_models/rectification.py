"""What passes back through a rectifier: guided backpropagation and DeconvNet."""

from typing import Any

import keras

from hrcam.engine.keras_models.tracing import Rule, Step, Values


def guided(step: Step, values: Values) -> list[Any]:
    """Pass back what is positive, where the unit was active.

    Springenberg et al., ICLR workshop 2015: R = 1[z > 0] 1[R > 0] R.
    """
    return [positive_backward(step.compute(values)[0])]


def deconvolved(step: Step, values: Values) -> list[Any]:
    """Pass back what is positive, wherever the unit was.

    Zeiler & Fergus, ECCV 2014: R = 1[R > 0] R.
    """
    before = values[step.inputs[0]]
    rectified = keras.ops.stop_gradient(step.compute(values)[0] - before)
    return [positive_backward(before + rectified)]


@keras.ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras has no types
def positive_backward(tensor: Any) -> Any:
    """Return a tensor itself; backward, keep only what is positive."""

    def back(*args: Any, upstream: Any = None) -> Any:
        slope = args[0] if upstream is None else upstream
        return keras.ops.maximum(slope, 0)

    return tensor * 1, back


#: Rules by the name that ``Capture.slopes`` uses; ``plain`` needs none.
RULES: dict[str, Rule] = {"guided": guided, "deconvnet": deconvolved}

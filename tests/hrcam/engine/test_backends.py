"""The same file gives the same numbers whatever Keras runs on."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.engine

#: Run in a process of its own, since a process has one back end: model, images and
#: targets in, everything that a look, calls and direct methods tell out.
SCRIPT = """
import sys
import keras
import numpy as np
from hrcam.capture import Capture, Layer
from hrcam.engine.pooling import logits, pool
from hrcam.engine.probe import Wants
from hrcam.engine.keras_models.recorder import prepare
from hrcam.methods import METHODS

model = keras.saving.load_model(sys.argv[1], safe_mode=True)
with np.load(sys.argv[2]) as file:
    pixels, target = file["pixels"], file["target"]
probe = prepare(model)
names = tuple(tap.name for tap in probe.taps)
own = {k: np.float32(w.T) for k, w in probe.base.weights.items()}
wants = Wants(names, names, ("plain", "guided", "deconvnet"), True)
out = {}

def put(name, value):
    if isinstance(value, dict):
        for key, part in value.items():
            put(f"{name}/{key}", part)
    elif isinstance(value, (tuple, list)):
        put(name, dict(enumerate(value)))
    else:
        out[name] = keras.ops.convert_to_numpy(value)

def direct(method):
    model = method.kind == "model" and not method.network
    return model and not {"calls", "truth"} & method.needs and not any(
        need.startswith("head:") and need != "head:base" for need in method.needs
    )

def explain(x, t):
    look = probe.look(x, t, wants)
    capture = Capture(
        size=x.shape[1:3], ops=probe.ops, images=probe.ops.mean(x, axis=-1), pixels=x,
        layers=tuple(
            Layer(tap.name, tap.size, look.features[tap.name], look.gradients[tap.name])
            for tap in probe.taps
        ),
        slopes=look.slopes, biases=look.biases,
        logits=probe.ops.sum(look.logits * t, axis=1),
        heads={"base": {k: probe.ops.matmul(t, w) for k, w in own.items()}},
    )
    maps = {}
    for name, method in METHODS.items():
        if direct(method):
            seen = (names[-1],) if method.layers != ("all",) else names
            maps[name] = dict(method.explain(capture.at(seen)))
    return {"look": vars(look), "maps": maps}

call = probe.compile(explain)
tensors = [keras.ops.convert_to_tensor(x) for x in (pixels, target)]
put("first", call(*tensors))
asked, rows = probe.calls(pixels, target), np.array([2, 0, 0, 1])
put("responses", asked.responses(pixels[rows], rows))
put("slopes", asked.slopes(pixels[rows], rows, "guided"))
for name in names:
    features = out[f"first/look/features/{name}"][rows]
    put(f"tails/{name}", asked.tails(name, features, rows))
put("looks", asked.looks(pixels[rows][:, :-3, :-5], rows, names))
put("pool", pool(probe, pixels))
put("pool logits", logits(probe, pixels))
model.set_weights([w * 0.9 for w in model.get_weights()])
put("changed", call(*tensors))
put("changed responses", asked.responses(pixels[rows], rows))
put("base", dict(probe.base.weights))
assert keras.backend.backend() == sys.argv[4]
np.savez(sys.argv[3], **out)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory, draw):
    """Return a function from a back end to what it says."""
    folder = tmp_path_factory.mktemp("backends")
    draw.residual().save(folder / "model.keras")
    np.savez(folder / "given.npz", pixels=draw.images(3), target=draw.target(3))

    def ask(back_end):
        files = [
            str(folder / x) for x in ("model.keras", "given.npz", f"{back_end}.npz")
        ]
        if not Path(files[-1]).exists():
            done = subprocess.run(
                [sys.executable, "-c", SCRIPT, *files, back_end],
                env={**os.environ, "KERAS_BACKEND": back_end},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr[-3000:]
        with np.load(files[-1]) as file:
            return dict(file)

    return ask


@pytest.mark.parametrize("back_end", ["jax", "torch"])
def test_every_number_is_that_of_tensorflow(answers, back_end):
    pytest.importorskip(back_end, reason=f"{back_end} is not installed")
    expected, found = answers("tensorflow"), answers(back_end)
    assert found.keys() == expected.keys()
    assert len([name for name in found if name.startswith("first/maps")]) >= 10
    for name, value in expected.items():
        scale = max(np.abs(value).max(), 1e-12)
        np.testing.assert_allclose(
            found[name] / scale, value / scale, atol=1e-4, err_msg=name
        )
    one, two = (expected[f"{name}/look/logits"] for name in ("first", "changed"))
    assert np.abs(one - two).max() > 0.1


CHOICE = """
import importlib.util, sys
found = set(sys.argv[1].split(","))
find = importlib.util.find_spec
names = ("tensorflow", "jax", "torch")
importlib.util.find_spec = lambda n: (n in found or None) if n in names else find(n)
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            raise ModuleNotFoundError("stop", name="keras")
sys.meta_path.insert(0, Stop())
try:
    import hrcam.engine
except ModuleNotFoundError as error:
    import os
    print(os.environ.get("KERAS_BACKEND"), error, sep="|")
"""


@pytest.mark.parametrize(
    ("installed", "given", "chosen"),
    [
        ("tensorflow,jax", None, "None"),
        ("jax,torch", None, "jax"),
        ("torch", None, "torch"),
        ("torch", "jax", "jax"),
        ("", None, "None"),
    ],
)
def test_without_tensorflow_another_back_end_is_chosen(installed, given, chosen):
    env = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    env |= {"KERAS_BACKEND": given} if given else {}
    command = [sys.executable, "-c", CHOICE, installed]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    back_end, message = done.stdout.strip().split("|")
    assert back_end == chosen
    assert message == (
        "hrcam.engine needs Keras on TensorFlow, JAX or PyTorch, got no module "
        "'keras'; install hrcam-bench[tensorflow], hrcam-bench[jax] or "
        "hrcam-bench[torch]"
    )


def test_only_one_file_of_the_core_knows_the_back_ends():
    folder = Path(importlib.util.find_spec("hrcam.engine").origin).parent
    pattern = re.compile(r"^\s*(import|from) (tensorflow|jax|torch)\b", re.MULTILINE)
    told = {
        path.stem
        for path in folder.glob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }
    # Views feed tf.data, logs TensorBoard; torch modules are looked into by torch.
    others = {"logs", "views", *(name for name in told if name.startswith("torch_"))}
    assert told - others == {"backend"}

"""Our methods on a torch module against other libraries on the same, here and now."""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the libraries compared need torch")

from hrcam.capture import Capture, Layer  # noqa: E402
from hrcam.engine.foreign import adopt  # noqa: E402
from hrcam.engine.probe import Wants  # noqa: E402
from hrcam.engine.torch_modules.preparation import prepare_module  # noqa: E402

FILE = Path(__file__).parents[2] / "goldens" / "torch_oracles.py"
SPEC = spec_from_file_location("torch_oracles", FILE)
assert SPEC is not None
assert SPEC.loader is not None
oracles = module_from_spec(SPEC)
SPEC.loader.exec_module(oracles)

#: Libraries warn of their own ways.
pytestmark = pytest.mark.filterwarnings("ignore")
CLASSES = np.array(oracles.CLASSES)


@pytest.fixture(scope="module")
def probe():
    return prepare_module(oracles.Net(), (16, 20, 2), list(oracles.LAYERS))


@pytest.fixture(scope="module")
def pixels():
    return np.moveaxis(oracles.images().numpy(), 1, -1)


def look(probe, pixels, layer, rules=()):
    target = np.eye(4, dtype=np.float32)[CLASSES]
    return probe.look(pixels, target, Wants((layer,), (layer,), rules))


def drawn(probe, pixels, layer, method):
    """Return our map of one layer."""
    seen = look(probe, pixels, layer)
    tap = probe.tap(layer)
    heads = {}
    if probe.base is not None and layer in probe.base.weights:
        heads = {"base": {layer: probe.base.weights[layer].T[CLASSES]}}
    shown = Layer(layer, tap.size, seen.features[layer], seen.gradients[layer])
    capture = Capture((16, 20), np, None, (shown,), heads=heads)
    return import_module(f"hrcam.methods.{method}").METHOD.explain(capture)[layer]


def deviation(ours, theirs):
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


@pytest.mark.parametrize("layer", oracles.LAYERS)
def test_captum(probe, pixels, layer):
    pytest.importorskip("captum")
    found = oracles.captum_maps(oracles.Net().eval(), oracles.images(), layer)
    for method, theirs in found.items():
        assert deviation(drawn(probe, pixels, layer, method), theirs) < 1e-5


@pytest.mark.parametrize("layer", oracles.LAYERS)
def test_torchcam(probe, pixels, layer):
    pytest.importorskip("torchcam")
    found = oracles.torchcam_maps(oracles.Net().eval(), oracles.images(), layer)
    for method, theirs in found.items():
        ours = drawn(probe, pixels, layer, method)
        ours = ours if method == "cam" else np.maximum(ours, 0)
        near = deviation(ours, theirs) < 1e-5
        assert near == (method != "grad_cam_plus_plus"), method


@pytest.mark.parametrize("layer", oracles.LAYERS)
def test_pytorch_grad_cam(probe, pixels, layer):
    oracles.stub_torchvision()
    pytest.importorskip("pytorch_grad_cam")
    found = oracles.grad_cam_maps(oracles.Net().eval(), oracles.images(), layer)
    for method in ("grad_cam", "hires_cam", "xgrad_cam", "layer_cam"):
        assert deviation(drawn(probe, pixels, layer, method), found[method]) < 1e-5


@pytest.mark.parametrize("rule", ["plain", "guided", "deconvnet"])
def test_slopes_of_captum(probe, pixels, rule):
    attr = pytest.importorskip("captum.attr")
    kinds = {
        "plain": lambda net: attr.Saliency(net),
        "guided": attr.GuidedBackprop,
        "deconvnet": attr.Deconvolution,
    }
    net = oracles.Net().eval()
    extra = {"abs": False} if rule == "plain" else {}
    x = oracles.images().requires_grad_()
    theirs = kinds[rule](net).attribute(x, target=oracles.CLASSES, **extra)
    ours = look(probe, pixels, "third", (rule,)).slopes[rule]
    assert deviation(ours, np.moveaxis(theirs.detach().numpy(), 1, -1)) < 1e-5


def left(module):
    return (
        [part.training for part in module.modules()],
        [weight.grad for weight in module.parameters()],
    )


def test_a_captum_object_is_a_method(probe, pixels):
    attr = pytest.importorskip("captum.attr")
    net = probe.module.train()
    given = attr.LayerGradCam(net, net.second)
    before = left(net)
    method = adopt("theirs", given, probe)
    found = method.explain(pixels, CLASSES, np.eye(4)[CLASSES])
    assert (method.library, method.layer) == ("captum", "second")
    assert method.geometry == probe.tap("second").geometry
    assert found.maps.shape == (3, 8, 10)
    assert deviation(drawn(probe, pixels, "second", "grad_cam"), found.maps) < 1e-5
    assert left(net) == before


def test_a_pytorch_grad_cam_object_is_a_method(probe, pixels):
    oracles.stub_torchvision()
    library = pytest.importorskip("pytorch_grad_cam")
    net = probe.module
    given = library.GradCAM(net, [net.second])
    net.train()
    for weight in net.parameters():
        weight.grad = torch.ones_like(weight)
    before = left(net)
    method = adopt("theirs", given, probe)
    target = np.eye(4, dtype=np.float32)[CLASSES]
    found = method.explain(pixels, CLASSES, target)
    assert (method.library, method.raw, method.layer) == (
        "pytorch-grad-cam",
        True,
        "second",
    )
    assert deviation(drawn(probe, pixels, "second", "grad_cam"), found.maps) < 1e-5
    contrast = target * 4 / 3 - 1 / 3
    other = method.explain(pixels, CLASSES, contrast).maps
    assert deviation(other, found.maps) > 0.01
    assert left(net)[0] == before[0]
    assert all(a is b for a, b in zip(left(net)[1], before[1], strict=True))
    assert "get_cam_image" not in vars(given)
    given.activations_and_grads.release()


def test_objects_on_one_logit_explain_the_class_asked_for(pixels):
    oracles.stub_torchvision()
    library = pytest.importorskip("pytorch_grad_cam")
    attr = pytest.importorskip("captum.attr")
    net = oracles.Net()
    net.head = torch.nn.Linear(7, 1)
    probe = prepare_module(net, (16, 20, 2), ["second"])
    aims = np.array([0, 1, 1])
    target = np.eye(2, dtype=np.float32)[aims] * 2 - 1
    seen = probe.look(pixels, target, Wants(("second",), ("second",)))
    shown = Layer("second", (8, 10), seen.features["second"], seen.gradients["second"])
    capture = Capture((16, 20), np, None, (shown,))
    ours = import_module("hrcam.methods.grad_cam").METHOD.explain(capture)["second"]
    given = library.GradCAM(net, [net.second])
    found = adopt("theirs", given, probe).explain(pixels, aims, target)
    assert deviation(ours, found.maps) < 1e-5
    given.activations_and_grads.release()
    other = adopt("theirs", attr.LayerGradCam(net, net.second), probe)
    found = other.explain(pixels[1:], aims[1:], target[1:])
    assert deviation(ours[1:], found.maps) < 1e-5
    with pytest.raises(ValueError, match="target of 'theirs' must be class 1"):
        other.explain(pixels, aims, target)


def test_several_layers_of_pytorch_grad_cam_are_taken_as_returned(probe, pixels):
    oracles.stub_torchvision()
    library = pytest.importorskip("pytorch_grad_cam")
    net = probe.module
    given = library.GradCAM(net, [net.second, net.third])
    method = adopt("theirs", given, probe)
    found = method.explain(pixels, CLASSES, np.eye(4, dtype=np.float32)[CLASSES])
    assert (method.raw, method.layer) == (False, "")
    assert found.maps.shape == (3, 16, 20)
    assert "as returned" in method.remark
    given.activations_and_grads.release()


def test_pictures_of_an_input_attribution_add_up_channels(probe, pixels):
    attr = pytest.importorskip("captum.attr")
    method = adopt("theirs", attr.InputXGradient(probe.module), probe)
    found = method.explain(pixels, CLASSES, np.eye(4)[CLASSES])
    slopes = look(probe, pixels, "third", ("plain",)).slopes["plain"]
    assert deviation((slopes * pixels).sum(axis=-1), found.maps) < 1e-5
    assert method.geometry is not None


def test_keras_on_tensorflow_agrees(probe, pixels):
    """The weights of the torch network in a Keras twin, through the Keras engine."""
    keras = pytest.importorskip("keras")
    prepare = import_module("hrcam.engine.preparation").prepare
    sys.path.insert(0, str(FILE.parent))
    make_torch = import_module("make_torch")
    sys.path.pop(0)
    weights = {f"weights/{k}": v.numpy() for k, v in probe.module.state_dict().items()}
    theirs = prepare(make_torch.twin(weights), (16, 20, 2))
    assert [x.size for x in theirs.taps] == [x.size for x in probe.taps]
    assert [x.geometry for x in theirs.taps] == [x.geometry for x in probe.taps]
    target = np.eye(4, dtype=np.float32)[CLASSES]
    wants = Wants(
        tuple(x.name for x in theirs.taps), tuple(x.name for x in theirs.taps)
    )
    tensors = [keras.ops.convert_to_tensor(x) for x in (pixels, target)]
    seen = theirs.look(*tensors, wants)
    for name in oracles.LAYERS:
        own = look(probe, pixels, name)
        for kind in ("features", "gradients"):
            other = keras.ops.convert_to_numpy(getattr(seen, kind)[name])
            assert deviation(getattr(own, kind)[name], other) < 1e-4

"""The probe of torch modules: identities, sizes of batches, and nothing left behind."""

from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch modules need torch")

import torch.nn.functional as F  # noqa: E402, N812  torch may be absent
from torch import nn  # noqa: E402

from hrcam.engine.probe import Probe, Wants  # noqa: E402
from hrcam.engine.torch_modules.preparation import prepare_module  # noqa: E402

SHAPE = (24, 32, 2)
RULES = ("plain", "guided", "deconvnet")


def filled(module, seed=0):
    """Give every weight and statistic a value that matters."""
    stream = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.3, generator=stream)
            part.running_var.uniform_(0.5, 2, generator=stream)
            part.weight.data.uniform_(0.5, 1.5, generator=stream)
            part.bias.data.normal_(0, 0.3, generator=stream)
        elif isinstance(part, nn.Conv2d | nn.Linear):
            spread = (2 / part.weight[0].numel()) ** 0.5
            part.weight.data.normal_(0, spread, generator=stream)
            if part.bias is not None:
                part.bias.data.normal_(0, 0.2, generator=stream)
        if isinstance(part, nn.Linear):
            part.bias.data[0] -= 25  # some logits are to be negative
    return module


class Block(nn.Module):
    """A residual block with one ReLU module used twice, in place."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += self.down(x)
        return self.relu(y)


class Residual(nn.Module):
    """Functional ReLU, strides, residual sums, pixels centered by the module."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(2)
        self.layer1 = nn.Sequential(Block(4, 5, 1))
        self.layer2 = nn.Sequential(Block(5, 7, 2), Block(7, 7, 1))
        self.fc = nn.Linear(7, 3)

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1((x - 0.3) / 2))))
        return self.fc(self.layer2(self.layer1(x)).mean((2, 3)))


def sequential(last=()):
    return nn.Sequential(
        nn.Conv2d(2, 5, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 6, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 7, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(7, 3),
        *last,
    )


class Nested(nn.Module):
    """A backbone in a wrapper that returns a mapping, with unused arguments."""

    def __init__(self):
        super().__init__()
        whole = sequential()
        self.backbone = nn.ModuleDict({"body": whole[:8]})
        self.head = whole[8:]

    def forward(self, x):
        return {"logits": self.head(self.backbone["body"](x)), "other": x}


class Functional(nn.Module):
    """Everything by functions: pooling, padding, rectifying, the head."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 5, 3), nn.Conv2d(5, 7, 3)
        self.head = nn.Linear(7, 3)

    def forward(self, x):
        x = self.a(F.pad(x, (1, 1, 1, 1))).relu()
        x = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 2)
        x = torch.clamp(self.b(F.pad(x, (1, 1, 1, 1), value=0.0)), min=0)
        return F.linear(x.mean(dim=(2, 3)), self.head.weight, self.head.bias)


NETS = {
    "residual": Residual,
    "sequential": sequential,
    "nested": Nested,
    "functional": Functional,
}


@pytest.fixture(params=NETS, scope="module")
def probe(request):
    return prepare_module(filled(NETS[request.param]()), SHAPE)


def scene(count=3, seed=1, shape=SHAPE, classes=3):
    rng = np.random.default_rng(seed)
    pixels = 2 * rng.normal(size=(count, *shape)).astype(np.float32)
    target = np.full((count, classes), -1 / (classes - 1), np.float32)
    target[np.arange(count), np.arange(count) % classes] = 1
    return pixels, target


def names(probe):
    return tuple(tap.name for tap in probe.taps)


def everything(probe):
    return Wants(names(probe), names(probe), RULES, biases=True)


def plainly(probe, pixels):
    """Return logits of the module by itself."""
    module = deepcopy(probe.module).eval()
    with torch.no_grad():
        found = module(torch.as_tensor(np.moveaxis(pixels, -1, 1).copy()))
    return (found["logits"] if isinstance(found, dict) else found).numpy()


def test_a_module_s_probe_is_a_probe(probe):
    assert isinstance(probe, Probe)
    assert probe.ops is np
    assert probe.compile(len) is len
    assert (probe.shape, probe.classes, probe.single) == (SHAPE, 3, False)


def test_taps_tell_size_and_channels(probe):
    pixels, target = scene()
    look = probe.look(pixels, target, everything(probe))
    np.testing.assert_allclose(
        look.logits, plainly(probe, pixels), rtol=1e-5, atol=1e-6
    )
    assert (look.logits < 0).any()
    for tap in probe.taps:
        for maps in (look.features, look.gradients):
            assert maps[tap.name].shape == (3, *tap.size, tap.channels)
            assert maps[tap.name].dtype == np.float32
    sizes = [tap.size for tap in probe.taps]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("residual", ("relu", "layer1", "layer2")),
        ("sequential", ("1", "4", "7")),
        ("nested", ("backbone.body.1", "backbone.body.4", "backbone.body")),
        ("functional", ("relu", "clamp")),
    ],
)
def test_what_enters_a_down_sampling_is_tapped_and_the_last_map(name, found):
    assert names(prepare_module(filled(NETS[name]()), SHAPE)) == found


def test_gradients_are_those_of_the_target_by_the_features(probe):
    """Against the drop of the logit when the features are moved a little."""
    pixels, target = scene()
    module = deepcopy(probe.module).double()
    exact = prepare_module(module, SHAPE)
    pixels = pixels.astype(np.float64)
    look = exact.look(pixels, target, everything(exact))
    rng = np.random.default_rng(5)
    calls = exact.calls(pixels, target, None)
    for name in names(exact):
        step = 1e-6 * rng.normal(size=look.features[name].shape)
        step *= look.features[name] > 0  # zeros tie where maxima are pooled
        moved = [
            calls.tails(name, look.features[name] + s, np.arange(3))
            for s in (step, -step)
        ]
        slope = (look.gradients[name] * step).sum(axis=(1, 2, 3))
        np.testing.assert_allclose((moved[0] - moved[1]) / 2, slope, rtol=1e-4)


def test_completeness_of_slopes_and_biases(probe):
    """The logit is what pixels and biases add, for a network of pieces of planes."""
    pixels, target = scene()
    look = probe.look(pixels, target, everything(probe))
    total = (look.slopes["plain"] * pixels).sum(axis=(1, 2, 3))
    total += sum(part.reshape(3, -1).sum(axis=1) for part in look.biases)
    aim = (look.logits * target).sum(axis=1)
    np.testing.assert_allclose(total, aim, atol=1e-5 * np.abs(look.logits).max())
    assert all(part.ndim in (2, 4) for part in look.biases)


def test_cam_is_grad_cam_times_positions(probe):
    pixels, target = scene()
    last = probe.taps[-1]
    look = probe.look(pixels, target, everything(probe))
    weights = target @ probe.base.weights[last.name].T
    cam = np.einsum("nhwc,nc->nhw", look.features[last.name], weights)
    mean = look.gradients[last.name].mean(axis=(1, 2))
    grad_cam = np.einsum("nhwc,nc->nhw", look.features[last.name], mean)
    positions = last.size[0] * last.size[1]
    np.testing.assert_allclose(positions * grad_cam, cam, rtol=1e-4, atol=1e-5)
    bias = target @ probe.base.bias
    aim = (look.logits * target).sum(axis=1)
    np.testing.assert_allclose(cam.mean(axis=(1, 2)) + bias, aim, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 3])
def test_batches_of_any_size_give_the_same(probe, batch):
    pixels, target = scene(7)
    whole = probe.look(pixels, target, everything(probe))
    parts = [
        probe.look(pixels[i : i + batch], target[i : i + batch], everything(probe))
        for i in range(0, 7, batch)
    ]
    for kind in ("features", "gradients", "slopes"):
        for key, values in getattr(whole, kind).items():
            joined = np.concatenate([getattr(part, kind)[key] for part in parts])
            scale = np.abs(values).max()
            np.testing.assert_allclose(joined, values, atol=1e-5 * scale)
    for place, values in enumerate(whole.biases):
        joined = np.concatenate([part.biases[place] for part in parts])
        np.testing.assert_allclose(joined, values, atol=1e-5 * np.abs(values).max())


def test_calls_agree_with_looks(probe):
    pixels, target = scene()
    look = probe.look(pixels, target, everything(probe))
    calls = probe.calls(pixels, target, 5)
    rows = np.array([2, 0, 1, 1, 2] * 8)  # more than one chunk
    aim = (look.logits * target).sum(axis=1)
    assert calls.limit == 5
    near = {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(calls.responses(pixels[rows], rows), aim[rows], **near)
    for rule in RULES:
        found = calls.slopes(pixels[rows], rows, rule)
        np.testing.assert_allclose(found, look.slopes[rule][rows], **near)
    features, gradients = calls.looks(pixels[rows], rows, names(probe))
    for name in names(probe):
        np.testing.assert_allclose(features[name], look.features[name][rows], **near)
        np.testing.assert_allclose(gradients[name], look.gradients[name][rows], **near)
        tails = calls.tails(name, look.features[name][rows], rows)
        np.testing.assert_allclose(tails, aim[rows], **near)
    dark = calls.tails(
        names(probe)[-1], 0 * look.features[names(probe)[-1]], np.arange(3)
    )
    np.testing.assert_allclose(dark, target @ probe.base.bias, **near)


def test_looks_take_other_sizes(probe):
    pixels, target = scene()
    large = pixels.repeat(2, axis=1).repeat(2, axis=2)
    calls = probe.calls(pixels, target, None)
    features, gradients = calls.looks(large, np.arange(3), names(probe))
    for tap in probe.taps:
        size = tuple(2 * n for n in tap.size)
        assert features[tap.name].shape == (3, *size, tap.channels)
        assert gradients[tap.name].shape == (3, *size, tap.channels)


def test_a_module_that_runs_twice_is_met_at_its_last_call():
    layers = ["layer1.0.relu", "layer1", "relu_1", "relu_2"]
    probe = prepare_module(filled(Residual()), SHAPE, layers)
    pixels, target = scene()
    look = probe.look(pixels, target, everything(probe))
    for maps in (look.features, look.gradients):
        for name in ("layer1", "relu_2"):
            np.testing.assert_array_equal(maps["layer1.0.relu"], maps[name])
        assert not np.allclose(maps["relu_1"], maps["relu_2"])


def test_half_precision_comes_out_as_float32_and_double_stays():
    pixels, target = scene()
    for kind, out in ((torch.bfloat16, np.float32), (torch.float64, np.float64)):
        found = prepare_module(filled(sequential()).to(kind), SHAPE)
        look = found.look(pixels, target, everything(found))
        kinds = {x.dtype for x in (look.logits, *look.gradients.values(), *look.biases)}
        assert kinds == {np.dtype(out)}
        assert next(found.module.parameters()).dtype == kind

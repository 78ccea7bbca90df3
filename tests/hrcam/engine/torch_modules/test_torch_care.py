"""Torch modules stay as they were; outputs, geometry, rules and errors."""

import re
from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch modules need torch")

import torch.nn.functional as F  # noqa: E402, N812  torch may be absent
from torch import nn  # noqa: E402

from hrcam.capture import Geometry  # noqa: E402
from hrcam.engine.probe import Wants  # noqa: E402
from hrcam.engine.torch_modules.measure import measured  # noqa: E402
from hrcam.engine.torch_modules.preparation import prepare_module  # noqa: E402

SHAPE = (20, 28, 2)


def net(*last, outputs=3):
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Conv2d(2, 5, 3, padding=1),
        nn.BatchNorm2d(5),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 6, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, outputs),
        *last,
    )


def scene(count=3, classes=3):
    pixels = np.random.default_rng(0).normal(size=(count, *SHAPE)).astype(np.float32)
    return pixels, np.eye(classes, dtype=np.float32)[np.arange(count) % classes]


def state(module):
    """Return everything of a module that must not change."""
    return {
        "weights": {k: v.clone() for k, v in module.state_dict().items()},
        "training": [x.training for x in module.modules()],
        "hooks": [
            len(x._forward_hooks) + len(x._forward_pre_hooks) + len(x._backward_hooks)
            for x in module.modules()
        ],
        "grad": [x.grad for x in module.parameters()],
        "wanted": [x.requires_grad for x in module.parameters()],
    }


def same(one, other):
    weights = one.pop("weights"), other.pop("weights")
    assert one == other
    for key, value in weights[0].items():
        assert torch.equal(value, weights[1][key])


def everything(probe):
    names = tuple(x.name for x in probe.taps)
    return Wants(names, names, ("plain", "guided", "deconvnet"), biases=True)


def ask_all(module):
    pixels, target = scene()
    probe = prepare_module(module, SHAPE)
    look = probe.look(pixels, target, everything(probe))
    calls = probe.calls(pixels, target, None)
    rows, name = np.arange(3), probe.taps[0].name
    calls.responses(pixels, rows)
    calls.slopes(pixels, rows, "guided")
    calls.tails(name, look.features[name], rows)
    calls.looks(pixels, rows, (name,))
    return probe


@pytest.mark.parametrize("frozen", [False, True])
def test_a_module_is_left_as_it_was(frozen):
    module = net().train()
    module[1].eval()
    for place, weight in enumerate(module.parameters()):
        weight.requires_grad = not (frozen or place == 2)
        weight.grad = None if frozen else torch.ones_like(weight)
    before = state(module)
    ask_all(module)
    same(before, state(module))


class Failing(nn.Module):
    """Fails from its n-th call on."""

    def __init__(self, good):
        super().__init__()
        self.body, self.left = net(), good

    def forward(self, x):
        x = self.body(x)
        self.left -= 1
        if self.left < 0:
            msg = "out of order"
            raise KeyError(msg)
        return x


@pytest.mark.parametrize("good", range(8))
def test_a_module_is_left_as_it_was_after_an_exception(good):
    module = Failing(good).train()
    module.body[1].eval()
    before = state(module)
    with pytest.raises(KeyError, match="out of order"):
        ask_all(module)
    same(before, state(module))


def test_modes_of_the_user_do_not_matter():
    pixels, target = scene()
    probe = prepare_module(net(), SHAPE)
    plain = probe.look(pixels, target, everything(probe))
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            again = prepare_module(net(), SHAPE)
            look = probe.look(pixels, target, everything(probe))
        assert again.taps == probe.taps
        for name, slope in plain.gradients.items():
            np.testing.assert_array_equal(look.gradients[name], slope)
        assert torch.is_grad_enabled()


def test_features_of_a_layer_are_those_before_work_in_place():
    module = net()
    probe = prepare_module(module, SHAPE, ["1", "2"])
    pixels, target = scene()
    look = probe.look(pixels, target, everything(probe))
    assert (look.features["1"] < 0).any()
    np.testing.assert_array_equal(np.maximum(look.features["1"], 0), look.features["2"])
    gate = look.features["1"] > 0
    np.testing.assert_allclose(look.gradients["1"], gate * look.gradients["2"])


def test_rules_of_rectifiers_by_hand():
    """One ReLU between two maps of one channel: every step can be written down."""

    class Pair(nn.Module):
        def __init__(self, rectify):
            super().__init__()
            self.one, self.two = (nn.Conv2d(1, 1, 1, bias=False) for _ in range(2))
            self.one.weight.data.fill_(2.0)
            self.two.weight.data.fill_(3.0)
            self.rectify = rectify
            self.mix = nn.Parameter(torch.tensor([[1.0, -1.0, 1.0, -1.0]]))

        def forward(self, x):
            return self.two(self.rectify(self.one(x))).flatten(1) @ torch.cat(
                [self.mix.T, torch.zeros(4, 2)], 1
            )

    pixels = np.array([1.0, 1.0, -1.0, -1.0], np.float32).reshape(1, 2, 2, 1)
    target = np.array([[1.0, 0.0, 0.0]], np.float32)
    wanted = {"plain": [6, -6, 0, 0], "guided": [6, 0, 0, 0], "deconvnet": [6, 0, 6, 0]}
    for rectify in (
        F.relu,
        torch.relu,
        nn.ReLU(),
        nn.ReLU(inplace=True),
        nn.ReLU6(),
        torch.Tensor.relu,
        torch.Tensor.relu_,
        lambda x: F.relu(input=x),
        lambda x: x.clamp(min=0),
        lambda x: torch.clamp_min(x, 0),
    ):
        probe = prepare_module(Pair(rectify), (2, 2, 1), ["two"])
        look = probe.look(pixels, target, Wants(slopes=tuple(wanted)))
        for rule, slopes in wanted.items():
            assert look.slopes[rule].ravel().tolist() == slopes, (rectify, rule)


@pytest.mark.parametrize(
    "shift",
    [
        lambda x, _: 2 - x,
        lambda x, c: x - c,
        lambda x, c: c - x,
        lambda x, _: 0.5 + x,
        lambda x, c: torch.sub(c, x, alpha=2),
        lambda x, c: torch.sub(x, c, alpha=2),
        lambda x, c: torch.add(x, c, alpha=3),
        lambda x, c: torch.add(c, x, alpha=3),
        lambda x, c: torch.rsub(x, c, alpha=2),
        lambda x, c: torch.rsub(c, x, alpha=2),
        lambda x, c: x.sub_(c).add_(1),
        lambda x, _: x + x,
    ],
)
def test_constants_that_are_added_are_biases(shift):
    class Shifted(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = net()
            self.constant = nn.Parameter(torch.tensor([0.7, -1.3])[:, None, None])

        def forward(self, x):
            return self.body(shift(x, self.constant))

    probe = prepare_module(Shifted(), SHAPE)
    pixels, target = scene()
    look = probe.look(pixels, target, everything(probe))
    total = (look.slopes["plain"] * pixels).sum(axis=(1, 2, 3))
    total += sum(part.reshape(3, -1).sum(axis=1) for part in look.biases)
    np.testing.assert_allclose(total, (look.logits * target).sum(axis=1), atol=1e-5)


def test_probabilities_are_traced_back_to_logits():
    pixels, target = scene()
    plain = prepare_module(net(), SHAPE).look(pixels, target, Wants())
    for last in (nn.Softmax(1), nn.LogSoftmax(1), nn.Sigmoid()):
        probe = prepare_module(net(last), SHAPE)
        np.testing.assert_array_equal(
            probe.look(pixels, target, Wants()).logits, plain.logits
        )
        assert probe.base is not None

    class Squashed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = net()

        def forward(self, x):
            return F.softmax(self.body(x), dim=1).view(-1, 3)

    look = prepare_module(Squashed(), SHAPE).look(pixels, target, Wants())
    np.testing.assert_array_equal(look.logits, plain.logits)


@pytest.mark.parametrize("last", [(), (nn.Sigmoid(),), (nn.Flatten(0), nn.Sigmoid())])
def test_one_logit_is_two_classes(last):
    module = net(*last, outputs=1)
    probe = prepare_module(module, SHAPE)
    assert (probe.classes, probe.single) == (2, True)
    pixels, target = scene(classes=2)
    look = probe.look(pixels, target, everything(probe))
    with torch.no_grad():
        z = module[:9].eval()(torch.as_tensor(np.moveaxis(pixels, -1, 1).copy()))
    z = z.numpy()[:, 0]
    np.testing.assert_allclose(look.logits, np.stack([-z / 2, z / 2], 1), rtol=1e-5)
    means = look.features["5"].mean(axis=(1, 2))
    found = means @ probe.base.weights["5"] + probe.base.bias
    np.testing.assert_allclose(found, look.logits, rtol=1e-4, atol=1e-6)


def test_a_head_is_only_claimed_where_it_gives_the_logits():
    flat = nn.Sequential(nn.Conv2d(2, 4, 3, 2, 1), nn.ReLU(), nn.Flatten())
    wide = nn.Sequential(*flat, nn.Linear(4 * 10 * 14, 3))
    assert prepare_module(wide, SHAPE).base is None
    twice = nn.Sequential(
        *net()[:8], nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3)
    )
    assert prepare_module(twice, SHAPE).base is None
    assert prepare_module(net(), SHAPE, ["2"]).base is None
    convolved = nn.Sequential(*net()[:7], nn.Conv2d(6, 3, 1), nn.Flatten())
    assert prepare_module(convolved, SHAPE).base is not None
    pooled = nn.Sequential(
        *net()[:5], nn.Conv2d(6, 3, 1), nn.AvgPool2d((10, 14)), nn.Flatten()
    )
    probe = prepare_module(pooled, SHAPE)
    np.testing.assert_array_equal(probe.base.weights[probe.taps[-1].name], np.eye(3))


GEOMETRIES = {
    "symmetric": (nn.Conv2d(2, 3, 3, 2, 1), ((2, 2), (0, 0))),
    "valid": (nn.Conv2d(2, 3, (5, 3)), ((1, 1), (2, 1))),
    "dilated": (nn.Conv2d(2, 3, 3, dilation=2), ((1, 1), (2, 2))),
    "same": (nn.Conv2d(2, 3, (4, 2), padding="same"), ((1, 1), (0.5, 0.5))),
    "pooled": (nn.AvgPool2d((2, 4)), ((2, 4), (0.5, 1.5))),
    "overlapping": (nn.MaxPool2d(3, 2, 1), ((2, 2), (0, 0))),
    "padded": (nn.ZeroPad2d((1, 2, 3, 0)), ((1, 1), (-1, -3)[::-1])),
    "adaptive": (nn.AdaptiveAvgPool2d((10, 7)), ((2, 4), (0.5, 1.5))),
    "chained": (
        nn.Sequential(nn.Conv2d(2, 3, 7, 2, 3), nn.BatchNorm2d(3), nn.MaxPool2d(2)),
        ((4, 4), (1, 1)),
    ),
}


class Wrapped(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.before, self.body = nn.Conv2d(2, 2, 1), body
        self.head = nn.LazyLinear(3)

    def forward(self, x):
        return self.head(self.body(self.before(x)).mean((2, 3)))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("name", GEOMETRIES)
def test_geometry_follows_from_the_windows_and_is_measured_alike(name):
    body, (stride, offset) = GEOMETRIES[name]
    module = Wrapped(body)
    module(torch.zeros(1, 2, *SHAPE[:2]))
    probe = prepare_module(module, SHAPE, ["body"])
    expected = Geometry(tuple(map(float, stride)), tuple(map(float, offset)))
    assert probe.taps[0].geometry == expected

    def run(image, call):
        return probe.network.run(image, ("body",), call=call)[1]["body"]

    if name != "padded":  # units in the padding see nothing to be measured by
        assert measured(run, torch.zeros(1, 2, *SHAPE[:2])) == expected


class Sliced(nn.Module):
    """Shrinks by slicing: no window tells where its units look."""

    def __init__(self):
        super().__init__()
        self.one, self.two = (
            nn.Conv2d(2, 3, 3, padding=1),
            nn.Conv2d(3, 4, 3, padding=1),
        )
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu(self.one(x))[:, :, 1::2, ::2]
        return self.head(F.relu(self.two(x)).mean((2, 3)))


def test_geometry_is_measured_where_windows_do_not_tell():
    probe = prepare_module(Sliced(), SHAPE)
    assert [(x.name, x.geometry) for x in probe.taps] == [
        ("relu", Geometry((1.0, 1.0), (0.0, 0.0))),
        ("relu_1", Geometry((2.0, 2.0), (1.0, 0.0))),
    ]


def test_geometry_of_a_unit_that_sees_everything_is_undecided():
    class Rolled(Wrapped):
        def forward(self, x):
            x = self.before(x) + self.before(x).flip(3)
            return self.head(self.body(x).mean((2, 3)))

    module = Rolled(nn.Conv2d(2, 3, 5, padding=2))
    module(torch.zeros(1, 2, *SHAPE[:2]))
    assert prepare_module(module, (9, 20, 2), ["body"]).taps[0].geometry is None


def test_a_gate_on_the_channels_has_no_place():
    class Gated(Wrapped):
        def forward(self, x):
            x = self.body(self.before(x))
            gate = torch.sigmoid(x.mean((2, 3)))[:, :, None, None]
            return self.head((x * gate).relu().mean((2, 3)))

    module = Gated(nn.Conv2d(2, 3, 3, 2, 1))
    module(torch.zeros(1, 2, *SHAPE[:2]))
    last = prepare_module(module, SHAPE).taps[-1]
    assert last.geometry == Geometry((2.0, 2.0), (0.0, 0.0))


def test_channels_last_inside_a_network_are_no_maps():
    class Turned(Wrapped):
        def forward(self, x):
            x = self.body(self.before(x)).permute(0, 2, 3, 1)
            x = F.layer_norm(x, x.shape[-1:]).permute(0, 3, 1, 2)
            return self.head(x.relu().mean((2, 3)))

    module = Turned(nn.Conv2d(2, 3, 3, 2, 1))
    module(torch.zeros(1, 2, *SHAPE[:2]))
    probe = prepare_module(module, SHAPE)
    assert [(x.name, x.size, x.channels) for x in probe.taps] == [
        ("before", (20, 28), 2),
        ("relu", (10, 14), 3),
    ]
    with pytest.raises(ValueError, match=r"must give feature maps.*'layer_norm'"):
        prepare_module(module, SHAPE, ["layer_norm"])


def test_any_layer_can_be_described():
    probe = prepare_module(net(), SHAPE)
    assert probe.tap("4").channels == 6
    assert probe.tap("max_pool2d").size == (10, 14)


@pytest.mark.parametrize(
    ("module", "shape", "layers", "message"),
    [
        (net(), SHAPE, ["batch_nrom"], "got 'batch_nrom'; did you mean 'batch_norm'?"),
        (net(), SHAPE, ["xyz"], "got 'xyz'; tapped by default are '2', '5'"),
        (
            net(),
            SHAPE,
            ["8"],
            "layer must give feature maps (n, c, h, w), got '8' of shape ('n', 3); "
            "name a layer before the pooling, such as '2', '5'",
        ),
        (
            net(),
            (20, 28, 1),
            None,
            "its first convolution takes 2 channels, repeat or choose",
        ),
        (net()[:6], SHAPE, None, "module must return logits (n, classes), got shape"),
        (nn.Flatten(), SHAPE, None, "module must have a convolutional feature map"),
    ],
)
def test_errors_tell_the_remedy(module, shape, layers, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        prepare_module(module, shape, layers)


def test_a_layer_without_gradients_is_refused():
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = net()

        def forward(self, x):
            return self.body[3:](self.body[:3](x).detach())

    probe = prepare_module(Cut(), SHAPE, ["body.2"])
    with pytest.raises(ValueError, match=r"got 'body\.2', which is detached"):
        probe.look(*scene(), Wants(("body.2",), ("body.2",)))


def test_two_modules_do_not_share_anything():
    one = prepare_module(net(), SHAPE)
    other = prepare_module(deepcopy(one.module), SHAPE)
    other.module[0].weight.data.zero_()
    look = [p.look(*scene(), everything(p)) for p in (one, other)]
    assert not np.allclose(look[0].logits, look[1].logits)

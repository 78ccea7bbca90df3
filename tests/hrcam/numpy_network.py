"""A small convolutional network in plain NumPy, exact forward and backward.

Stages of pooling, 3 x 3 convolution with bias and ReLU, then global average pooling
and a linear head. It implements :class:`hrcam.capture.Calls`, so methods that ask the
network again can be tested without a deep-learning library.
"""

from dataclasses import dataclass, replace

import numpy as np

from hrcam.capture import Capture, Layer


@dataclass(frozen=True)
class Stage:
    """2 x 2 pooling (or ``none``), then convolution: kernel (3, 3, i, o) and bias."""

    name: str
    pool: str
    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Network:
    """Stages, then weights (c, k) and bias (k,) of the head on the pooled features.

    ``flat`` leaves the rectifiers out: a linear network.
    """

    stages: tuple[Stage, ...]
    weights: np.ndarray
    bias: np.ndarray
    flat: bool = False

    def forward(self, x, start=0):
        """Return logits and a tape: per stage what backward needs."""
        tape = []
        for stage in self.stages[start:]:
            pooled, winners = shrink(x, stage.pool)
            z = convolve(pooled, stage.kernel) + stage.bias
            tape.append((x.shape, winners, z))
            x = z if self.flat else np.maximum(z, 0)
        return x.mean(axis=(1, 2)) @ self.weights + self.bias, tape

    def features(self, x):
        """Return each stage's feature maps by name."""
        _, tape = self.forward(x)
        maps = (z if self.flat else np.maximum(z, 0) for *_, z in tape)
        return dict(zip((s.name for s in self.stages), maps, strict=True))

    def backward(self, x, target, rule="plain"):
        """Return derivatives by pixels, by feature maps, and by pre-activations."""
        _, tape = self.forward(x)
        last = tape[-1][2]
        units = last.shape[1] * last.shape[2]
        signal = np.broadcast_to(
            (target @ self.weights.T)[:, None, None] / units, last.shape
        )
        by_features, by_sums = {}, []
        for stage, (shape, winners, z) in zip(
            reversed(self.stages), reversed(tape), strict=True
        ):
            by_features[stage.name] = signal
            signal = signal if self.flat else rectified(signal, z, rule)
            by_sums.insert(0, signal)
            turned = stage.kernel[::-1, ::-1].swapaxes(2, 3)
            signal = spread(convolve(signal, turned), shape, stage.pool, winners)
        return signal, by_features, by_sums


def rectified(signal, z, rule):
    on = np.ones(z.shape, bool) if rule == "deconvnet" else z > 0
    return signal * on if rule == "plain" else signal * on * (signal > 0)


def convolve(x, kernel):
    """Correlate (n, h, w, i) with (3, 3, i, o), zeros around."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("nhwiab,abio->nhwo", windows, kernel, optimize=True)


def shrink(x, pool):
    """Pool 2 x 2, an odd row or column left out; also where each maximum was."""
    if pool == "none":
        return x, None
    n, h, w, c = x.shape
    rows, columns = h // 2, w // 2
    blocks = x[:, : 2 * rows, : 2 * columns].reshape(n, rows, 2, columns, 2, c)
    blocks = blocks.transpose(0, 1, 3, 5, 2, 4).reshape(n, rows, columns, c, 4)
    if pool == "average":
        return blocks.mean(axis=-1), np.full(blocks.shape, 0.25)
    winners = np.eye(4)[blocks.argmax(axis=-1)]
    return blocks.max(axis=-1), winners


def spread(signal, shape, pool, winners):
    """Pass a signal back through pooling."""
    if pool == "none":
        return signal
    n, rows, columns, c = signal.shape
    blocks = (signal[..., None] * winners).reshape(n, rows, columns, c, 2, 2)
    whole = np.zeros(shape)
    whole[:, : 2 * rows, : 2 * columns] = blocks.transpose(0, 1, 4, 2, 5, 3).reshape(
        n, 2 * rows, 2 * columns, c
    )
    return whole


@dataclass
class Asked:
    """The network as :class:`hrcam.capture.Calls`; it counts what is asked of it."""

    network: Network
    target: np.ndarray
    limit: int | None = None
    asked: int = 0
    largest: int = 0

    def _count(self, pixels):
        assert np.isfinite(pixels).all()
        self.asked += len(pixels)
        self.largest = max(self.largest, len(pixels))

    def at(self, rows):
        """Return the calls about some of the images."""
        return replace(self, target=self.target[rows])

    def responses(self, pixels, rows):
        self._count(pixels)
        return (self.network.forward(pixels)[0] * self.target[rows]).sum(axis=-1)

    def slopes(self, pixels, rows, rule="plain"):
        self._count(pixels)
        return self.network.backward(pixels, self.target[rows], rule)[0]

    def tails(self, layer, features, rows):
        self._count(features)
        start = [s.name for s in self.network.stages].index(layer) + 1
        return (self.network.forward(features, start)[0] * self.target[rows]).sum(-1)

    def looks(self, pixels, rows, layers):
        self._count(pixels)
        maps = self.network.features(pixels)
        slopes = self.network.backward(pixels, self.target[rows])[1]
        return {k: maps[k] for k in layers}, {k: slopes[k] for k in layers}


@dataclass
class Made:
    """Calls given by functions of pixels and rows; what is not given is not asked."""

    response: object = None
    slope: object = None
    limit: int | None = None

    def responses(self, pixels, rows):
        return self.response(pixels, rows)

    def slopes(self, pixels, rows, rule="plain"):
        assert rule == "plain"
        return self.slope(pixels, rows)

    def tails(self, *unasked):
        raise AssertionError(unasked)

    def looks(self, *unasked):
        raise AssertionError(unasked)


def draw_network(seed=0, channels=2, widths=(5, 7, 6), classes=4, pools=None):
    """Draw a network; biases are not 0 unless one sets them so."""
    rng = np.random.default_rng(seed)
    pools = pools or ("none", "max", "average")
    stages = []
    for name, pool, width in zip(
        ("shallow", "middle", "deep"), pools, widths, strict=True
    ):
        kernel = rng.normal(size=(3, 3, channels, width)) * (2 / 9 / channels) ** 0.5
        stages.append(Stage(name, pool, kernel, 0.3 * rng.normal(size=width)))
        channels = width
    return Network(
        tuple(stages), rng.normal(size=(channels, classes)), rng.normal(size=classes)
    )


def without_biases(network):
    """Return the network with every bias 0: positively homogeneous."""
    stages = tuple(replace(s, bias=np.zeros_like(s.bias)) for s in network.stages)
    return replace(network, stages=stages, bias=np.zeros_like(network.bias))


def contrast(labels, classes):
    """Return the coefficients of class minus mean of the others, (n, classes)."""
    table = np.full((classes, classes), -1 / (classes - 1))
    np.fill_diagonal(table, 1)
    return table[labels]


def capture(network, pixels, target, limit=None):
    """Record everything that methods may need of a batch, as NumPy arrays."""
    logits, _ = network.forward(pixels)
    features = network.features(pixels)
    slopes = {r: network.backward(pixels, target, r)[0] for r in RULES}
    _, gradients, by_sums = network.backward(pixels, target)
    biases = [s.bias * g for s, g in zip(network.stages, by_sums, strict=True)]
    return Capture(
        size=pixels.shape[1:3],
        ops=np,
        images=pixels.mean(axis=-1),
        pixels=pixels,
        layers=tuple(
            Layer(name, maps.shape[1:3], maps, gradients[name])
            for name, maps in features.items()
        ),
        slopes=slopes,
        biases=(*biases, network.bias * target),
        logits=(logits * target).sum(axis=-1),
        heads={"base": {"deep": target @ network.weights.T}},
        tissue=np.ones(pixels.shape[:3]),
        tissue_median=np.median(pixels.mean(axis=-1), axis=(1, 2)),
        calls=Asked(network, target, limit),
    )


RULES = ("plain", "guided", "deconvnet")

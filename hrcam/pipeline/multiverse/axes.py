"""What the paper leaves open: an axis each, with its options and the paper's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class HeadChoice:
    """A head and how it is fitted.

    Parameters
    ----------
    kind
        A name of :data:`hrcam.pipeline.fitting.FITTED`.
    penalty
        Per sample, of ``convex`` and ``pattern``; 0 for that of lowest validation
        log-loss.
    rate, epochs
        Of Adam, for ``paper``.
    """

    kind: str
    penalty: float = 0.0
    rate: float = 0.0
    epochs: int = 0

    @property
    def name(self) -> str:
        """What tables call it."""
        if self.kind == "paper":
            return f"paper, Adam {self.rate:g} x {self.epochs}"
        return f"{self.kind}, penalty {self.penalty:g}" if self.penalty else self.kind


#: The heads, from the one that is defended best to the least.
HEADS = (
    HeadChoice("hotelling"),
    HeadChoice("paper", rate=1e-3, epochs=60),
    HeadChoice("pattern"),
    HeadChoice("convex"),
    HeadChoice("centroid"),
    HeadChoice("convex", penalty=1.0),
    HeadChoice("convex", penalty=1e-2),
    HeadChoice("paper", rate=1e-2, epochs=60),
    HeadChoice("convex", penalty=1e2),
    HeadChoice("paper", rate=1e-3, epochs=20),
    HeadChoice("pattern", penalty=1e2),
    HeadChoice("paper", rate=1e-4, epochs=60),
    HeadChoice("convex", penalty=1e-4),
    HeadChoice("paper", rate=1e-2, epochs=20),
    HeadChoice("paper", rate=1e-4, epochs=20),
)

#: Sets of tapped layers, shallow to deep, by name: a slice of them.
LAYER_SETS: Mapping[str, slice] = {
    "all": slice(None),
    "last": slice(-1, None),
    "last three": slice(-3, None),
    "without the first": slice(1, None),
    "without the last": slice(None, -1),
    "last two": slice(-2, None),
}

#: Where a ReLU is applied: nowhere, to each layer's map, or to the sum of them.
RECTIFIERS = ("none", "each layer", "sum")

#: Post-processing of a layer's own map, by the option of :data:`RECTIFIERS`.
AT_LAYER: Mapping[str, str] = {"none": "none", "each layer": "relu", "sum": "none"}

#: Whose map: the true class's, or the predicted one's.
TARGETS = ("true", "predicted")

#: What HR-CAM is held against. Grad-CAM is rectified as it is published.
RIVALS: Mapping[str, int] = {
    "cam": -1,
    "grad_cam before last": -2,
    "grad_cam last": -1,
    "grad_cam third from last": -3,
}

#: How maps reach [0, 1] before thresholds; AP and AUROC do not depend on it.
NORMALIZED = ("per_image", "clipped_99", "absolute")

#: Thresholds of the paper's Figure 3.
THRESHOLDS = (0.3, 0.5, 0.8)

#: Endpoints without a threshold.
RANKED = ("average_precision", "auroc")

#: Endpoints at a threshold.
MARKED = ("sensitivity", "specificity")

#: The endpoint that leads, and the rival.
PRIMARY, RIVAL = "average_precision", "cam"

#: What the images are when none is left out.
EVERY = "all"


@dataclass(frozen=True)
class Axis:
    """One open choice.

    Parameters
    ----------
    name
        Of the column in the tables.
    title
        For people.
    paper
        What the paper says of it.
    options
        By name; the one that is defended best comes first.
    """

    name: str
    title: str
    paper: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the options."""
        if not self.options or len(set(self.options)) < len(self.options):
            msg = f"{self.name} must have options, each once, got {self.options}"
            raise ValueError(msg)


#: Axis, what people call it, and what PeerJ CS 622 says; in the order of the tables.
TOLD = (
    ("network", "Network", "ResNet-50 and VGG-19; any CNN is said to do"),
    ("data_seed", "Data seed", "one data set of each kind"),
    ("training_seed", "Training seed", "one training of each network"),
    (
        "head",
        "Head and penalty",
        "one fully connected layer, categorical cross-entropy, Adam; neither rate, "
        "epochs, penalty nor scaling of the features",
    ),
    (
        "layers",
        "Layers",
        "k layers chosen 'arbitrarily', of low to high level; 'pre-max-pooling layers' "
        "in the introduction",
    ),
    (
        "alignment",
        "Alignment",
        "bilinear interpolation; no word on where the grids lie",
    ),
    ("rectifier", "ReLU on the map", "none is named"),
    ("target", "Target class", "'the respective class'; true or predicted is not said"),
    ("lesion", "Lesions", "localized and diffuse pooled"),
)


def axes(options: Mapping[str, Sequence[str]]) -> tuple[Axis, ...]:
    """Return the axes with the options there are, in the order of the tables."""
    return tuple(
        Axis(name, title, paper, tuple(options[name])) for name, title, paper in TOLD
    )


def measures() -> tuple[tuple[str, str, float | None], ...]:
    """List endpoint, normalization and threshold of every number a map gets."""
    free = [(name, "", None) for name in RANKED]
    marked = [
        (endpoint, normalization, threshold)
        for endpoint in MARKED
        for normalization in NORMALIZED
        for threshold in THRESHOLDS
    ]
    return (*free, *marked)


def layer_sets(taps: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the sets of a network's layers by name; equal and empty ones once."""
    found: dict[str, tuple[str, ...]] = {}
    for name, part in LAYER_SETS.items():
        names = tuple(taps[part])
        if names and names not in found.values():
            found[name] = names
    return found

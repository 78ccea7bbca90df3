"""Which diffuse lesions can be told by the histogram of the whole image.

Texture without a constant part, white noise, no nuisance of gain, offset or tissue:
what nothing hides, a logistic regression on 32 bins finds.
"""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from simbench.geometry.regions import softness
from simbench.lesions import LESIONS
from simbench.psf import blur
from simbench.streams import stream
from simbench.texture import Spectrum, field

SIZE, PSF, EACH = (60, 68), 0.7, 250
HEALTHY = Spectrum(slope=3.0, length=16.0)
WHITE = {"slope": 0.0, "length": 6.0}
ONE = {"sign": "positive"}
SPOT = {**ONE, "shape": {"radius": (4 / 60, 4 / 60)}}
WIDE = {"shape": {"radius": (0.4, 0.4), "irregularity": 0.1, "edge": 0.8}}
TWENTY = {"amplitude": (1.0, 1.0), "number": (20.0, 20.0)}


def healthy(scene_of, index):
    """Draw a scene of texture alone, of standard deviation 1 and mean 0."""
    scene = scene_of("uniform", psf=PSF, contrast=1.0, size=SIZE)
    texture = field(stream(5, "texture", index), SIZE, HEALTHY, PSF)
    zero = np.zeros_like(scene.intensity)
    return replace(scene, intensity=zero, texture=texture - texture.mean())


def naive(parameters, place, scene, source):
    """Blend two textures without the denominator: their variance dips."""
    weight = softness(place, scene.size, parameters.shape.edge)
    other = field(source, scene.size, parameters.spectrum, scene.psf)
    return replace(scene, texture=(1 - weight) * scene.texture + weight * other)


def ours(lesion):
    return lambda *inputs: lesion.change(*inputs).scene


def images(scene_of, first, parameters=None, change=None):
    """Draw images, with a lesion if its parameters are given."""
    drawn = []
    for index in range(first, first + EACH):
        scene = healthy(scene_of, index)
        if parameters is not None:
            lesion = LESIONS[parameters.kind]
            sign = 1 if index % 2 == 0 else -1
            place = lesion.place(
                parameters, scene.body, stream(5, "lesion", index), sign
            )[0]
            source = stream(5, "lesion_texture", index)
            scene = (change or ours(lesion))(parameters, place, scene, source)
        noise = 0.3 * stream(5, "noise", index).normal(*SIZE)
        drawn.append(blur(scene.object(), PSF)[0] + noise)
    return np.stack(drawn)


def histograms(pictures):
    edges = np.array([-np.inf, *np.linspace(-3.5, 3.5, 31), np.inf])
    return np.stack([np.histogram(one, edges)[0] for one in pictures])


def area(normal, abnormal):
    """Cross-validate a logistic regression; return its AUROC."""
    features = np.concatenate([normal, abnormal]).astype(float)
    labels = np.arange(len(features)) >= len(normal)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(
        model, features, labels, cv=folds, method="decision_function"
    )
    return roc_auc_score(labels, scores)


@pytest.fixture(scope="module")
def normal(scene_of):
    return histograms(images(scene_of, 0))


@pytest.fixture(scope="module")
def leak(normal, scene_of, example):
    """Measure the AUROC of one construction: ``leak(kind, change, **keys)``."""

    def measured(kind=None, change=None, **keys):
        parameters = example("lesions", kind, **keys) if kind else None
        found = images(scene_of, 10_000, parameters, change)
        return area(normal, histograms(found))

    return measured


LEAKS = {  # what the mean, the variance or the marginal law gives away
    "focal": ("focal", {"amplitude": (1.0, 1.0), "count": (1, 1), **SPOT}, 0.85),
    "widespread": ("widespread", {"amplitude": (0.3, 0.3), **ONE, **WIDE}, 0.97),
    "blotches": ("blotches", {"amplitude": (0.6, 0.6), **ONE, **WIDE}, 0.97),
    "micro-lesions": ("micro_lesions", {**TWENTY, **ONE, **WIDE}, 0.95),
    "variance": ("local_variance", {"kappa": (0.5, 0.5), **ONE, **WIDE}, 0.8),
}
TIGHT = {  # what only the correlation between pixels shows
    "nothing": (None, {}),
    "texture swap": ("texture_swap", {"spectrum": WHITE, **WIDE}),
    "mixed micro-lesions": ("micro_lesions", {**TWENTY, **WIDE}),
}


@pytest.mark.parametrize("name", LEAKS)
def test_one_signed_lesions_leak_where_nothing_hides_them(name, leak):
    kind, keys, least = LEAKS[name]
    assert leak(kind, **keys) > least


@pytest.mark.parametrize("name", TIGHT)
def test_balanced_lesions_do_not_leak_even_then(name, leak):
    kind, keys = TIGHT[name]
    assert leak(kind, **keys) < 0.57


def test_a_blend_that_lets_the_variance_dip_leaks(leak):
    assert leak("texture_swap", naive, spectrum=WHITE, **WIDE) > 0.85


def test_balanced_signs_halve_the_leak_of_a_variance(leak):
    keys = {"kappa": (0.5, 0.5), **WIDE}
    one = leak("local_variance", sign="positive", **keys)
    assert leak("local_variance", **keys) < 0.5 + 0.7 * (one - 0.5)

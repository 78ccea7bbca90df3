"""``hrcam.explain`` on a torch module and a loader, with another method beside ours."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch modules need torch")

from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import hrcam  # noqa: E402


def net():
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 3),
    )


def loader(count, seed):
    stream = torch.Generator().manual_seed(seed)
    images = torch.randn((count, 1, 12, 16), generator=stream)
    return DataLoader(TensorDataset(images, torch.arange(count) % 3), batch_size=4)


def test_a_module_and_a_loader_are_enough():
    module = net().train()
    seen = []

    def size(pixels, labels):
        seen.append(labels.tolist())
        return np.abs(pixels).mean(axis=-1)

    maps = hrcam.explain(
        module,
        loader(5, 0),
        ["grad_cam", "cam", "hr_cam", "guided_backprop", "occlusion", ("size", size)],
        training=loader(12, 1),
        validation=loader(9, 2),
        calls=6,
    )
    for name in ("grad_cam@1", "cam@4", "hr_cam", "guided_backprop", "size"):
        found = maps[name].read(maps[name].ids)
        assert found.shape == (5, 12, 16), name
        assert np.isfinite(found).all()
    pixels = torch.cat([x for x, _ in loader(5, 0)]).numpy()[:, 0]
    np.testing.assert_allclose(maps["size"].read(maps["size"].ids), np.abs(pixels))
    assert [k for batch in seen for k in batch] == [0, 1, 2, 0, 1]
    assert module.training
    with torch.no_grad():
        logits = net().eval()(torch.as_tensor(pixels[:, None])).numpy()
    assert maps.predictions["predicted"].tolist() == logits.argmax(axis=1).tolist()


def test_named_layers_are_the_ones_explained():
    maps = hrcam.explain(net(), loader(2, 0), ["hires_cam"], layers=["1"])
    assert list(maps) == ["hires_cam@1"]

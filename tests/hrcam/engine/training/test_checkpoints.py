import keras
import numpy as np
import pytest

from hrcam.engine.training.checkpoints import Checkpoint, State, assign, values

pytestmark = pytest.mark.engine

KEY = {"dataset": "abc", "epochs": 3, "augmentation": {"flip": True, "shift": 0.06}}


def state():
    rng = np.random.default_rng(0)
    rows = [{"epoch": 1, "loss": 0.1 + 0.2, "validation_loss": float("nan")}]
    parts = [rng.random((2, 3), np.float32), np.array(7), rng.random(12)]
    return State(rows, parts, parts[:1], parts[1:])


def test_a_state_is_read_as_it_was_written(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", KEY)
    assert checkpoint.read() is None
    assert checkpoint.fits()
    checkpoint.write(state())
    checkpoint.write(state())
    found = checkpoint.read()
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.npz"]
    np.testing.assert_equal(found.rows, state().rows)
    for name in ("model", "optimizer", "best"):
        for one, two in zip(getattr(found, name), getattr(state(), name), strict=True):
            assert one.dtype == two.dtype
            np.testing.assert_array_equal(one, two)


def test_more_than_ten_variables_keep_their_order(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", KEY)
    many = [np.array(i) for i in range(120)]
    checkpoint.write(State([], many, [], []))
    assert [int(v) for v in checkpoint.read().model] == list(range(120))


def test_another_training_s_state_is_refused(tmp_path):
    path = tmp_path / "checkpoint.npz"
    Checkpoint(path, KEY).write(state())
    other = Checkpoint(path, {**KEY, "epochs": 4, "dataset": "abd"})
    assert not other.fits()
    with pytest.raises(ValueError, match="must be of the same training") as caught:
        other.read()
    assert str(caught.value) == (
        f"{path} must be of the same training, got another dataset and epochs; "
        "pass --overwrite to begin anew"
    )


@pytest.mark.parametrize("length", [0, 10, 300])
def test_half_a_file_is_refused(length, tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", KEY)
    checkpoint.write(state())
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:length])
    assert not checkpoint.fits()
    with pytest.raises(
        ValueError, match=r"must be a whole checkpoint, got: .*; remove"
    ):
        checkpoint.read()


def test_a_file_of_something_else_is_refused(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", KEY)
    np.savez(checkpoint.path, other=np.zeros(3))
    with pytest.raises(ValueError, match="must be a whole checkpoint"):
        checkpoint.read()


def test_the_seeds_of_dropout_layers_are_kept():
    """Two networks in one state drop the same units."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
    image = np.ones((1, 50), np.float32)
    model(image, training=True)
    held = values(model.variables)
    expected = np.asarray(model(image, training=True))
    other = np.asarray(model(image, training=True))
    assert not np.array_equal(expected, other)
    assign(model.variables, held)
    np.testing.assert_array_equal(np.asarray(model(image, training=True)), expected)


def test_values_are_copies():
    variable = keras.Variable(np.zeros(3, np.float32))
    held = values([variable])
    variable.assign(np.ones(3, np.float32))
    np.testing.assert_array_equal(held[0], 0)
    told = (
        "^c.npz must hold 1 arrays of this network's shapes, got {} that differ; "
        "remove it to begin anew$"
    )
    for arrays in ([], [np.zeros((3, 1), np.float32)]):
        with pytest.raises(ValueError, match=told.format(len(arrays))):
            assign([variable], arrays, "c.npz")
    np.testing.assert_array_equal(np.asarray(variable), 1)

"""Model files of enemies: no code of theirs is run, nothing is written beside them."""

import json
import zipfile

import pytest

keras = pytest.importorskip("keras")
pytestmark = [pytest.mark.engine, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return the members of a sound file."""
    from hrcam.engine.networks import read

    image = keras.Input((8, 8, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(image))
    path = tmp_path_factory.mktemp("sound") / "m.keras"
    keras.Model(image, keras.layers.Dense(2)(pooled)).save(path)
    assert len(read(path).layers) == 4
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def refusal(sound, tmp_path):
    """Write a file with members changed, and return why it is refused."""
    from hrcam.engine.networks import read

    def write(changes):
        path = tmp_path / "inside" / "m.keras"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (sound | changes).items():
                archive.writestr(name, content)
        with pytest.raises(ValueError, match="must") as caught:
            read(path)
        assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["m.keras"]
        text = str(caught.value)
        assert text.startswith(f"{path} must ")
        assert "\n" not in text
        return text.removeprefix(f"{path} must ")

    return write


def with_layer(sound, module, name, **config):
    """Return a configuration whose last layer is something else."""
    content = json.loads(sound["config.json"])
    layer = content["config"]["layers"][-1]
    layer |= {"module": module, "class_name": name, "registered_name": name}
    layer["config"] = {"name": layer["config"]["name"], **config}
    return {"config.json": json.dumps(content)}


@pytest.mark.parametrize(
    "name",
    ["../up.txt", "/tmp/up.txt", "assets/../../up.txt", "..\\up.txt", "C:/up.txt"],
)
def test_members_that_lead_elsewhere(name, refusal):
    shown = name.replace("\\", "/")
    assert refusal({name: b"x"}) == f"hold files of its own, got a member {shown!r}"


def test_links_among_members(sound, tmp_path):
    from hrcam.engine.networks import read

    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sound.items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("assets")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc")
    with pytest.raises(ValueError, match="must hold files of its own"):
        read(path)


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("subprocess", "Popen"), ("builtins", "eval"), ("nobody", "X")],
)
def test_classes_that_are_not_keras_own(module, name, refusal, sound):
    text = refusal(with_layer(sound, module, name, command="touch up.txt"))
    assert text.startswith("be a Keras model, got: ")


def test_a_saved_model_of_tensorflow_is_code(refusal, sound):
    layer = with_layer(sound, "keras.layers", "TFSMLayer", filepath="/tmp")
    assert refusal(layer).startswith("be a Keras model, got: ")


def test_what_is_no_archive(tmp_path):
    from hrcam.engine.networks import read

    path = tmp_path / "m.keras"
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="must be a Keras model, got: File"):
        read(path)

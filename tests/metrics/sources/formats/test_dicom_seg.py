import nibabel
import numpy as np
import pydicom
import pytest

from metrics import FolderMaps, FolderMasks
from metrics.sources.geometry import compare_geometry
from metrics.sources.source import MapReading, MaskReading

BY_UID = MaskReading(ids="uid")
SIZE = (6, 7, 9)  # 63 pixels a frame: frames do not begin at bytes


@pytest.fixture
def lesions():
    """Two segments that overlap; slices 0, 3 and 5 are empty, (d, h, w, segments)."""
    pixels = np.zeros((*SIZE, 2), np.uint8)
    pixels[1:3, 1:5, 2:7, 0] = 1
    pixels[2, 3:6, 4:8, 1] = 1
    pixels[4, 2:4, 2:4, 1] = 1
    return pixels


@pytest.fixture
def series(make_series):
    generator = np.random.default_rng(0)
    return make_series(generator.integers(0, 999, SIZE).astype(np.uint16))


@pytest.fixture
def save(series, make_segmentation, tmp_path):
    def write(pixels, kind="BINARY", name="a.dcm", **options):
        labels = ("Lesion", "Edema")[: pixels.shape[-1] if pixels.ndim == 4 else 2]
        made = make_segmentation(series, pixels, kind, labels, **options)
        made.save_as(tmp_path / name)
        return tmp_path

    return write


def number(pixels):
    """Number segments by hand: the smaller lies on top."""
    numbers = np.zeros(pixels.shape[:-1], np.int32)
    order = sorted(range(pixels.shape[-1]), key=lambda k: -int(pixels[..., k].sum()))
    for k in order:
        numbers[pixels[..., k] > 0] = k + 1
    return numbers


def test_segments_are_the_lesions_of_a_volume(lesions, save):
    """Slices without a segment, before, between and behind, as far as frames reach."""
    truth = FolderMasks(save(lesions)).read(["a"])
    np.testing.assert_array_equal(truth.numbered[0], number(lesions)[1:5])
    np.testing.assert_array_equal(truth.lesion[0], lesions.any(axis=-1)[1:5])
    assert truth.spacing == (2.0, 0.5, 0.75)


def test_the_other_reader_agrees(lesions, save):
    import highdicom

    folder = save(lesions)
    seg = highdicom.seg.segread(folder / "a.dcm")
    volume = seg.get_volume(combine_segments=False, segment_numbers=[1, 2])
    affine = np.diag([-1, -1, 1]) @ volume.affine[:3]
    affine[:, 3] += affine[:, 0] * (volume.spatial_shape[0] - 1)
    affine[:, 0] *= -1  # it counts slices from the head
    header = FolderMasks(folder).header("a")
    np.testing.assert_allclose(header.grid.affine, affine, atol=1e-9)
    for place, label in enumerate(("Lesion", "Edema")):
        got = FolderMasks(folder, MaskReading(labels=(label,))).read(["a"])
        np.testing.assert_array_equal(got.lesion[0], volume.array[::-1, ..., place] > 0)


@pytest.mark.parametrize("labels", [("Lesion",), (1,), ("1",)])
def test_segments_are_chosen_by_label_or_number(labels, lesions, save):
    truth = FolderMasks(save(lesions), MaskReading(labels=labels)).read(["a"])
    np.testing.assert_array_equal(truth.lesion[0], lesions[1:5, ..., 0] > 0)
    assert set(np.unique(truth.numbered)) == {0, 1}


def test_a_segment_that_is_not_there(lesions, save, message):
    folder = save(lesions)
    masks = FolderMasks(folder, MaskReading(labels=("Mass",)))
    assert message(lambda: masks.read(["a"])) == (
        f"labels must be in the segments of {folder / 'a.dcm'}, got 'Mass'; it has "
        "1 'Lesion', 2 'Edema'"
    )


def test_lesions_without_numbers(lesions, save):
    truth = FolderMasks(save(lesions), MaskReading(numbered=False)).read(["a"])
    assert truth.numbered is None
    assert truth.lesions.max() == 2  # connected parts: both segments, and slice 4


def test_masks_of_every_image_by_its_identifier(lesions, series, save):
    source = FolderMasks(save(lesions), BY_UID)
    uids = [str(data.SOPInstanceUID) for data in series]
    assert source.ids == tuple(sorted(uids))
    truth = source.read(uids)
    np.testing.assert_array_equal(truth.lesion, lesions.any(axis=-1))
    assert truth.numbered[2].max() == 2
    assert [source.header(uid).size for uid in uids] == [SIZE[1:]] * 6


def test_maps_and_masks_match_by_identifier(lesions, series, save, tmp_path):
    from metrics import score

    masks = FolderMasks(save(lesions), BY_UID)
    maps = tmp_path / "maps"
    maps.mkdir()
    for place, data in enumerate(series):
        data.save_as(maps / f"{place}.dcm", enforce_file_format=True)
    source = FolderMaps(maps, "mine", MapReading(ids="uid"))
    found = score({"mine": source}, masks)
    arrays = np.stack([data.pixel_array for data in series]).astype(float)
    expected = score({"mine": arrays}, masks)
    np.testing.assert_array_equal(
        found.values_of("mine", "average_precision"),
        expected.values_of("mine", "average_precision"),
    )
    assert compare_geometry("mine", source, masks, list(masks.ids)) == ()


def test_fractions_are_soft(lesions, save, message):
    shares = lesions[..., :1] * np.linspace(0, 1, SIZE[2])[:, None]
    kind = {"fractional_type": "PROBABILITY"}
    folder = save(shares.astype(np.float32), "FRACTIONAL", **kind)
    assert message(lambda: FolderMasks(folder).read(["a"])) == (
        f"mask of a in {folder} must be 0 or 1, got 0.25098; cut soft masks before "
        "scoring, or read them as soft"
    )
    truth = FolderMasks(folder, MaskReading(soft=True)).read(["a"])
    kept = np.flatnonzero(shares.any(axis=(1, 2, 3)))
    expected = shares[kept[0] : kept[-1] + 1, ..., 0]
    np.testing.assert_allclose(truth.soft[0], expected, atol=0.5 / 255)
    np.testing.assert_array_equal(truth.lesion, truth.soft >= 0.5)


def test_fractions_may_be_a_map(lesions, save):
    shares = (lesions[..., :1] * 0.6).astype(np.float32)
    folder = save(shares, "FRACTIONAL", fractional_type="OCCUPANCY")
    got = FolderMaps(folder, "x").read(["a"])[0]
    np.testing.assert_allclose(got, shares[1:3, ..., 0], atol=0.5 / 255)


def test_label_maps(lesions, save):
    labels = number(lesions).astype(np.uint8)
    folder = save(labels, "LABELMAP")
    like = pydicom.dcmread(folder / "a.dcm")
    assert like.SegmentationType == "LABELMAP"
    truth = FolderMasks(folder).read(["a"])
    kept = labels[1:5]
    np.testing.assert_array_equal(truth.numbered[0], kept)
    one = FolderMasks(folder, MaskReading(labels=("Edema",))).read(["a"])
    np.testing.assert_array_equal(one.lesion[0], kept == 2)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
def test_compressed_segments(kind, lesions, save):
    more = {"transfer_syntax_uid": pydicom.uid.RLELossless}
    if kind == "BINARY":
        kind, pixels = "LABELMAP", number(lesions).astype(np.uint8)
    else:
        pixels, more["fractional_type"] = lesions[..., :1] * 1.0, "OCCUPANCY"
    truth = FolderMasks(save(pixels, kind, **more)).read(["a"])
    expected = pixels if pixels.ndim == 3 else pixels[..., 0]
    kept = np.flatnonzero(expected.any(axis=(1, 2)))
    expected = expected[kept[0] : kept[-1] + 1]
    np.testing.assert_array_equal(truth.lesion[0], expected > 0)


# Laid on the grid of the maps


def nifti(folder, series, codes):
    """Save the series as NIfTI whose axes lead somewhere; return pixels as slices."""
    volume = np.stack([data.pixel_array for data in series]).astype(np.float32)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, -0.75], [0, -0.5, 0], [2.0, 0, 0]])
    affine[:3, 3] = (-10, -20, 30)
    image = nibabel.Nifti1Image(volume, affine)
    turn = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(affine),
        nibabel.orientations.axcodes2ornt(tuple(codes)),
    )
    folder.mkdir()
    nibabel.save(image.as_reoriented(turn), folder / "a.nii.gz")
    return turn


@pytest.mark.parametrize("codes", ["SPL", "LAS", "RPI", "ASL"])
def test_segments_lie_where_the_map_s_pixels_lie(
    codes, lesions, series, save, tmp_path
):
    turn = nifti(tmp_path / "maps", series, codes)
    maps = FolderMaps(tmp_path / "maps", "x")
    masks = FolderMasks(save(lesions), like=maps)
    truth = masks.read(["a"])
    expected = nibabel.orientations.apply_orientation(number(lesions), turn)
    np.testing.assert_array_equal(truth.numbered[0], expected)
    assert truth.size == maps.read(["a"]).shape[1:] == masks.header("a").size
    assert truth.spacing == maps.header("a").grid.spacing
    assert compare_geometry("x", maps, masks, ["a"]) == ()


def test_segments_between_the_map_s_pixels(lesions, series, save, tmp_path, message):
    nifti(tmp_path / "maps", series, "SPL")
    path = tmp_path / "maps" / "a.nii.gz"
    volume = nibabel.load(path)
    shifted = volume.affine.copy()
    shifted[2, 3] += 0.5
    nibabel.save(nibabel.Nifti1Image(volume.get_fdata(), shifted), path)
    masks = FolderMasks(save(lesions), like=FolderMaps(tmp_path / "maps", "x"))
    assert message(lambda: masks.read(["a"])) == (
        f"{tmp_path / 'a.dcm'} must lie on the pixels of its map, got frame 1 off by 1 "
        "pixels; resample the map to the images segmented"
    )


def test_segments_beyond_the_map(lesions, series, save, tmp_path, message):
    nifti(tmp_path / "maps", series, "SPL")
    path = tmp_path / "maps" / "a.nii.gz"
    volume = nibabel.load(path)
    nibabel.save(volume.slicer[:3], path)
    masks = FolderMasks(save(lesions), like=FolderMaps(tmp_path / "maps", "x"))
    assert message(lambda: masks.read(["a"])) == (
        f"{tmp_path / 'a.dcm'} must lie on the pixels of its map, got frame 3 beyond "
        "its border; resample the map to the images segmented"
    )


def test_one_slice_is_flat(make_series, make_segmentation, tmp_path):
    (image,) = make_series(np.zeros((1, 7, 9), np.uint16))
    pixels = np.zeros((1, 7, 9, 1), np.uint8)
    pixels[0, 2:4, 3:8, 0] = 1
    make_segmentation([image], pixels).save_as(tmp_path / "a.dcm")
    truth = FolderMasks(tmp_path).read(["a"])
    np.testing.assert_array_equal(truth.lesion[0], pixels[0, ..., 0] > 0)
    assert truth.spacing == (0.5, 0.75)


def test_images_without_a_place(make_dicom, make_segmentation, tmp_path):
    """A radiograph has no position in the patient."""
    from pydicom.uid import ComputedRadiographyImageStorage

    path = make_dicom(np.zeros((7, 9), np.uint16), "image.dcm")
    image = pydicom.dcmread(path)
    path.unlink()
    image.SOPClassUID = ComputedRadiographyImageStorage
    del image.FrameOfReferenceUID
    pixels = np.zeros((1, 7, 9, 2), np.uint8)
    pixels[0, 2:6, 3:8, 0] = 1
    pixels[0, 1:3, 1:4, 1] = 1
    made = make_segmentation([image], pixels, "BINARY", ("Lesion", "Edema"))
    made.save_as(tmp_path / "a.dcm")
    for reading, key in (
        (MaskReading(), "a"),
        (BY_UID, str(image.SOPInstanceUID)),
    ):
        truth = FolderMasks(tmp_path, reading).read([key])
        np.testing.assert_array_equal(truth.numbered[0], number(pixels)[0])


# Broken and hostile files


def change(folder, edit):
    path = folder / "a.dcm"
    data = pydicom.dcmread(path)
    edit(data)
    data.save_as(path)
    return path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("edit", "ending"),
    [
        (
            lambda data: setattr(data, "PixelData", data.PixelData[:6]),
            ", frame 1 must be a complete file, got '6 bytes of pixels'; write it "
            "again",
        ),
        (
            lambda data: data.PerFrameFunctionalGroupsSequence.pop(),
            " must be a complete file, got '3 descriptions for 4 frames'; write it "
            "again",
        ),
        (
            lambda data: setattr(data, "NumberOfFrames", 2**31 - 1),
            " must have lesions of at most 8589934592 pixels in all, got 2147483647 on "
            "(7, 9); set HRCAM_MAX_MARKED to allow more",
        ),
        (
            lambda data: setattr(data, "Rows", 0),
            " must have 1 to 67108864 pixels, got shape (0, 9)",
        ),
        (
            lambda data: data.__delattr__("SegmentSequence"),
            " must be a complete file, got \"'FileDataset' object has no attribute "
            "'SegmentSequence'\"; write it again",
        ),
        (
            lambda data: setattr(
                data.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0],
                "ImagePositionPatient",
                [10, 20, 1e7],
            ),
            " must have 1 to 268435456 pixels, got shape (4999985, 7, 9); set "
            "HRCAM_MAX_VOXELS to allow more",
        ),
    ],
)
def test_broken_files_are_one_line(edit, ending, lesions, save, message):
    folder = save(lesions)
    path = change(folder, edit)
    assert message(lambda: FolderMasks(folder).read(["a"])) == f"{path}{ending}"

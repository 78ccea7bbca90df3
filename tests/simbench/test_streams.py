import numpy as np
import pytest
from scipy import stats

from simbench.streams import STAGES, assignment_keys, stream


def test_the_first_numbers_of_a_stream_never_change():
    # these lines printed them when GENERATOR was 1
    source = stream(7, "noise", 3)
    uniform, normal = source.uniform(2), source.normal(3)
    assert uniform.tolist() == [0.8041367327592052, 0.166462995056743]
    assert normal.tolist() == [
        -0.1681060791015625,
        0.4100008010864258,
        -0.5506258010864258,
    ]
    assert assignment_keys(7, 1) == (4042502035264064771,)


def test_stage_numbers_never_change():
    assert STAGES == {
        "anatomy": 0,
        "texture": 1,
        "lesion": 2,
        "lesion_texture": 3,
        "bias": 4,
        "noise": 5,
        "exposure": 6,
        "confounder": 7,
        "artifact": 8,
    }


def test_streams_of_other_seed_stage_index_or_part_share_no_number():
    streams = [
        stream(seed, stage, index, part).uniform(200)
        for seed in (0, 1)
        for stage in STAGES
        for index in (0, 1, 2**40)
        for part in (0, 1)
    ]
    assert len(np.unique(np.concatenate(streams))) == len(streams) * 200


def test_a_stream_opened_again_starts_again():
    assert (stream(1, "bias", 5).normal(9) == stream(1, "bias", 5).normal(9)).all()


def test_normals_are_normal_with_unit_variance():
    draws = stream(3, "noise", 0).normal(1000, 1000).astype(float).ravel()
    assert draws.mean() == pytest.approx(0, abs=0.004)
    assert draws.var() == pytest.approx(1, abs=0.006)
    assert stats.kurtosis(draws) == pytest.approx(0, abs=0.02)
    assert stats.kstest(draws[:100_000], "norm").pvalue > 0.01


def test_other_draws_keep_their_range():
    source = stream(3, "lesion", 0)
    uniform = source.uniform(100_000)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert stats.kstest(uniform, "uniform").pvalue > 0.01
    assert {source.integer(3) for _ in range(100)} == {0, 1, 2}
    between = [source.between((2.0, 5.0)) for _ in range(1000)]
    assert 2 <= min(between) < 2.1
    assert 4.9 < max(between) < 5

import gc
import weakref
from dataclasses import dataclass

from metrics.scores.kept import kept


@dataclass(frozen=True, eq=False)
class Owner:
    name: str = "same"


def test_a_result_is_kept_by_owner_and_arguments():
    calls = []

    @kept
    def find(owner, *args, **more):
        calls.append((owner, args, more))
        return len(calls)

    one, other = Owner(), Owner()
    assert [find(one), find(one), find(other), find(one, 2), find(one, 2)] == [
        *(1, 1, 2, 3, 3)
    ]
    assert find(one, size=2) == find(one, size=2) == 4
    assert [owner for owner, *_ in calls] == [one, other, one, one]


def test_none_is_a_result():
    calls = []
    find = kept(calls.append)
    owner = Owner()
    assert find(owner) is find(owner) is None
    assert len(calls) == 1


def test_an_owner_is_not_kept_alive():
    find = kept(lambda owner: [owner.name])
    owner = Owner()
    find(owner)
    watch = weakref.ref(owner)
    del owner
    gc.collect()
    assert watch() is None

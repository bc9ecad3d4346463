from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.errors import EcsInferError
from ecsinfer.reconcile.graph import deploy_graph, destroy_graph
from tests.reconcile.fakes import thing


def test_what_is_needed_comes_first_and_the_rest_keeps_its_order() -> None:
    nodes = [thing("c", needs=["a"]), thing("b"), thing("a")]

    assert list(deploy_graph(nodes).nodes) == ["thing/b", "thing/a", "thing/c"]
    assert list(destroy_graph(nodes).nodes) == ["thing/c", "thing/a", "thing/b"]


def test_waiting_reaches_through_needs_but_not_through_mere_order() -> None:
    nodes = [thing("a"), thing("b", needs=["a"]), thing("c", needs=["b"]), thing("d", after=["c"])]
    graph = deploy_graph(nodes)

    assert graph.waits_for("thing/c") == {"thing/a", "thing/b"}
    assert graph.waits_for("thing/d") == frozenset()
    assert graph.earlier["thing/d"] == {"thing/c"}


def test_removing_waits_for_what_needs_it() -> None:
    graph = destroy_graph([thing("a"), thing("b", needs=["a"])])

    assert graph.waits_for("thing/a") == {"thing/b"}


def test_what_is_unwanted_goes_last_and_in_reverse() -> None:
    nodes = [
        thing("old", unwanted=True),
        thing("user", needs=["old", "a"], unwanted=True),
        thing("a"),
        thing("b", needs=["a"]),
    ]
    graph = deploy_graph(nodes)

    assert list(graph.nodes) == ["thing/a", "thing/b", "thing/user", "thing/old"]
    assert graph.waits_for("thing/old") == {"thing/a", "thing/b", "thing/user"}
    assert list(destroy_graph(nodes).nodes)[:2] == ["thing/b", "thing/user"]


@pytest.mark.parametrize("needs", [["b"], ["nowhere"]])
def test_a_circle_or_a_need_for_nothing_is_told(needs: list[str]) -> None:
    with pytest.raises(EcsInferError, match="thing/a"):
        deploy_graph([thing("a", needs=needs), thing("b", needs=["a"])])


@given(st.permutations(list("abcdef")), st.data())
def test_every_order_respects_every_need(names: list[str], data: st.DataObject) -> None:
    needs = {
        name: data.draw(st.lists(st.sampled_from(names[:number]), unique=True)) if number else []
        for number, name in enumerate(names)
    }
    shuffled = data.draw(st.permutations(names))
    order = list(deploy_graph([thing(each, needs=needs[each]) for each in shuffled]).nodes)

    for name in names:
        assert all(
            order.index(f"thing/{each}") < order.index(f"thing/{name}") for each in needs[name]
        )

"""The SDK's methods are those of the actions: made from what agents announce, and not stale."""

from __future__ import annotations

import enum
import inspect
import sys
from types import ModuleType
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
import pytest
from msgspec import Meta

from agent_runtime.actions import Action, ActionRegistry, Call, Target, action, standard_registry
from docs.generator.sdk.modules import FOLDER, PARAMS, RESULTS, modules, stale_modules
from docs.generator.sdk.verbs import UnfitName
from xagent_client import AgentHandle, results
from xagent_client.agent_verbs import AgentVerbs
from xagent_client.verbs import Verb


class Colour(enum.StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Point(msgspec.Struct, frozen=True):
    """A place."""

    x: float
    y: float = 0


class Square(msgspec.Struct, frozen=True, tag="square"):
    """A square."""

    side: int


class Circle(msgspec.Struct, frozen=True, tag="circle"):
    """A circle."""

    radius: int


class Found(msgspec.Struct, frozen=True):
    """What was found."""

    shape: Square | Circle
    where: Point
    colour: Colour | None
    names: dict[str, tuple[int, str]]
    other: Annotated[Point | None, Meta(description="Another place.")] = None
    from_: str = msgspec.field(name="from", default="here")


@action(family="draw", reads=True)
async def look(
    call: Call,
    *,
    text: str,
    at: tuple[Point, ...] = (),
    within: Annotated[
        Point | None, Meta(description="""Only here: C:\\ or \"\"\"there\"\"\".""")
    ] = None,
    colour: Colour = Colour.RED,
    limit: Literal[1, 2] = 1,
    whatever: Any = None,
) -> Found:
    """Look for *text*."""
    raise NotImplementedError


@action(family="draw", reads=True)
async def maybe(call: Call, *, target: Target = "body") -> Point | None:
    """Look, and perhaps find nothing."""
    raise NotImplementedError


class Elsewhere:
    """Where another type has the same name."""

    Point = msgspec.defstruct("Point", [("latitude", float)], frozen=True)


@action(family="draw", reads=True)
async def locate(call: Call) -> Elsewhere.Point:  # type: ignore[valid-type]  # made at run time
    """Say where it is."""
    raise NotImplementedError


@action(family="draw", reads=True)
async def several(call: Call) -> tuple[Point, ...]:
    """Find several."""
    raise NotImplementedError


def of(*actions: Action) -> dict[str, str]:
    """Generate the modules of a registry with these alone."""
    return modules(ActionRegistry(actions))


def loaded(text: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the module that *text* is the source of."""
    module = ModuleType("made")
    monkeypatch.setitem(sys.modules, "made", module)
    exec(text, vars(module))
    return module


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    """The modules of three actions with all kinds of types."""
    return of(look, maybe, several)


@pytest.mark.slow
def test_no_generated_module_is_stale() -> None:
    """If one is: `.venv/bin/python -m docs.generator`."""
    assert stale_modules() == []


def test_every_standard_action_is_a_verb_with_its_params() -> None:
    for spec in standard_registry().specs():
        verb = getattr(AgentVerbs, spec.name)
        assert isinstance(verb, Verb)
        signature = inspect.signature(verb._exchanges)
        names = set(signature.parameters) - {"self", "how"}
        assert names == set(spec.params["properties"])
        for name in spec.params["required"]:
            assert signature.parameters[name].default is inspect.Parameter.empty
        assert (verb.__doc__ or "").startswith(spec.description.partition("\n")[0])


def test_every_result_type_can_be_read() -> None:
    kinds = [each for each in vars(results).values() if isinstance(each, msgspec.StructMeta)]

    assert len(kinds) > 10
    for kind in kinds:
        msgspec.json.Decoder(kind)


def test_a_result_is_a_frozen_value_of_the_same_shape(
    generated: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = loaded(generated[RESULTS], monkeypatch)
    answer = {
        "shape": {"type": "circle", "radius": 2},
        "where": {"x": 1.5, "y": 2},
        "names": {"a": [1, "b"]},
        "from": "there",
        "and": "more than this version knows",
    }

    found = msgspec.convert(answer, made.Found)

    assert found.shape == made.Circle(radius=2)
    assert found.where == made.Point(x=1.5, y=2.0)
    assert (found.colour, found.names, found.other) == (None, {"a": (1, "b")}, None)
    assert found.from_ == "there"
    with pytest.raises(AttributeError):
        found.where = None
    assert '"""Another place."""' in generated[RESULTS]


def test_what_is_given_is_a_typed_dict_and_any_sequence(
    generated: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = loaded(generated[PARAMS], monkeypatch)
    verbs = generated[f"{FOLDER}/draw.py"]

    assert get_type_hints(made.Point) == {"x": float, "y": float}
    assert "    y: NotRequired[float]\n" in generated[PARAMS]
    assert "at: Sequence[params.Point] | None = None," in verbs
    assert 'colour: Literal["blue", "red"] | None = None,' in verbs
    assert "limit: Literal[1, 2] | None = None," in verbs
    assert "whatever: Any = None," in verbs


def test_required_params_come_first_and_the_others_by_name(generated: dict[str, str]) -> None:
    verbs = generated[f"{FOLDER}/draw.py"]

    assert "def look(\n        self,\n        text: str,\n        *,\n        at:" in verbs
    assert "def maybe(self, target: str | None = None, **how: Unpack[How])" in verbs


def test_what_comes_back_is_said_in_the_signature(generated: dict[str, str]) -> None:
    verbs = generated[f"{FOLDER}/draw.py"]

    assert "-> Call[results.Found]:" in verbs
    assert "-> Call[results.Point | None]:" in verbs
    assert "-> Call[tuple[results.Point, ...]]:" in verbs
    assert "SelectorNotFound: nothing matches." in verbs


def test_a_docstring_may_hold_anything(generated: dict[str, str]) -> None:
    verbs = generated[f"{FOLDER}/draw.py"]

    assert "within: Only here: C:\\ or '''there'''." in verbs
    compile(verbs, "draw.py", "exec")


def test_two_types_of_one_name_are_told_apart() -> None:
    generated = of(several, locate)

    assert "class Point(" in generated[RESULTS]
    assert "class Locate(" in generated[RESULTS]


def test_a_param_called_like_a_keyword_of_all_verbs_is_refused() -> None:
    @action(family="draw", reads=True)
    async def wait_there(call: Call, *, timeout: float) -> None:
        """Wait."""

    with pytest.raises(UnfitName, match="'timeout' of wait_there"):
        of(wait_there)


def test_an_action_called_like_a_method_of_the_handle_is_refused() -> None:
    @action(family="draw", reads=True)
    async def commands(call: Call) -> None:
        """Do what is taken."""

    with pytest.raises(UnfitName, match="commands"):
        of(commands)


def test_a_verb_is_found_in_the_file_of_its_family() -> None:
    verb = AgentHandle.goto

    assert isinstance(verb, Verb)
    assert inspect.getmodule(verb._exchanges).__name__ == "xagent_client.actions.navigate"  # type: ignore[union-attr]  # it has one

"""Python that a command brings along."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.user_code import MAX_PRINTED, CodeOverran, UserCode
from xagent_protocol.outcomes import Effect


async def _run(source: str, seconds: float = 5, **handles: object) -> object:
    return await UserCode(source, handles).run(asyncio.get_running_loop().time() + seconds)


async def _failure(source: str) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        await _run(source)
    return caught.value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("return 1", 1),
        ("", None),
        ("pass", None),
        ("'only a docstring'", None),
        ("await asyncio.sleep(0)\nreturn arg * 2", 42),
        ("arg = arg + 1\nreturn arg", 22),
        ("async def one():\n    return 1\nreturn await one()", 1),
        ("text = '''a\n  b'''\nreturn text", "a\n  b"),
        ("return [n async for n in numbers()]", [0, 1]),
        ("return {n: m for n in (1, 2) for m in (3, 4) if n}", {1: 4, 2: 4}),
        ("for n in range(3):\n    continue\nelse:\n    return n", 2),
        ("import math\nreturn math.floor(2.5)", 2),
        ("try:\n    1 / 0\nexcept:\n    return 'caught'", "caught"),
    ],
)
async def test_it_is_the_body_of_an_async_function(source: str, value: object) -> None:
    async def numbers():  # type: ignore[no-untyped-def]  # it is handed to untyped code
        for number in range(2):
            yield number

    assert await _run(source, asyncio=asyncio, arg=21, numbers=numbers) == value


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x y", "line 1"),
        ("a = 1\nb =", "line 2"),
        ("  return 1", "unexpected indent"),
        ("\0", "null bytes"),
        ("return 1\nyield 2", "'return' with value in async generator"),
        ("from os import *", "import * only allowed at module level"),
        ("(" * 10_000, ""),
    ],
)
async def test_what_is_no_python_is_not_run(source: str, said: str) -> None:
    failure = await _failure(source)

    assert failure.code == "invalid_params"
    assert failure.effect is Effect.NONE
    assert said in str(failure)


async def test_a_failure_shows_the_lines_of_the_code_and_none_of_ours() -> None:
    failure = await _failure("def deep(n):\n    return 1 / n\n\nx = 1\nreturn deep(0)")

    assert failure.code == "evaluation_failed"
    assert failure.effect is Effect.PARTIAL
    assert str(failure) == "the code failed: ZeroDivisionError: division by zero"
    assert failure.details == {
        "stack": "Traceback (most recent call last):\n"
        '  File "<code>", line 5, in main\n'
        "    return deep(0)\n"
        '  File "<code>", line 2, in deep\n'
        "    return 1 / n\n"
        "ZeroDivisionError: division by zero"
    }


async def test_what_it_prints_goes_to_whoever_asked_and_nowhere_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = UserCode("print('a', 1, sep='-')\nprint('b', end='')\nprint('c')", {})
    await code.run(asyncio.get_running_loop().time() + 5)
    failure = await _failure("print('so far')\nraise KeyError(1)")

    assert code.printed == "a-1\nbc\n"
    assert failure.details is not None
    assert failure.details["printed"] == "so far\n"
    assert capfd.readouterr() == ("", "")


async def test_it_cannot_print_without_end() -> None:
    code = UserCode("for _ in range(100_000):\n    print('x' * 10)", {})

    await code.run(asyncio.get_running_loop().time() + 30)

    assert len(code.printed) == MAX_PRINTED


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("exit()", "SystemExit"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import asyncio\nraise asyncio.CancelledError", "the code cancelled itself"),
        ("raise TimeoutError('slow')", "TimeoutError: slow"),
        ("raise ExceptionGroup('both', [KeyError(1), ValueError(2)])", "ExceptionGroup: both"),
        ("input('name? ')", "there is nobody to ask"),
        ("def deeper():\n    deeper()\ndeeper()", "RecursionError"),
    ],
)
async def test_nothing_that_it_raises_ends_the_agent(source: str, said: str) -> None:
    failure = await _failure(source)

    assert failure.code == "evaluation_failed"
    assert said in str(failure)


@pytest.mark.parametrize(
    "source",
    [
        "while True:\n    pass",
        "while True:\n    try:\n        pass\n    except:\n        pass",
        "import itertools\nfor _ in itertools.count():\n    pass",
        "import itertools\nreturn [1 for _ in itertools.count() if False]",
        "def forever():\n    while True: continue\nforever()",
    ],
)
async def test_a_loop_without_end_stops_at_the_deadline(source: str) -> None:
    with pytest.raises(CodeOverran):
        await _run(source, seconds=0.05)


async def test_a_bare_except_does_not_catch_a_stop() -> None:
    source = """
while True:
    try:
        await asyncio.sleep(60)
    except:
        pass
"""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await _run(source, asyncio=asyncio)

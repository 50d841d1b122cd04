"""Python that a command brings along: made into a function, run, and told about in its own terms.

It runs in the agent's process with all that this process may do, so it is no sandbox that is built
here. What is built is that honest code cannot hurt by accident: a loop without end stops at the
deadline, what it prints does not get into the log, `exit` ends the code and not the agent, and a
failure shows its lines and none of ours.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import io
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, NoReturn

from agent_runtime.actions.errors import ActionFailed
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

MAX_PRINTED: Final = 20_000
MAX_STACK: Final = 4_000

FILE_NAME: Final = "<code>"
_FUNCTION: Final = "main"
_TICK: Final = "_xagent_tick"


class CodeOverran(BaseException):
    """The code went on after the deadline; no `except Exception` of its own may stop this."""


class UserCode:
    """One piece of code, ready to run once."""

    def __init__(self, source: str, handles: Mapping[str, object]) -> None:
        """Compile *source*, the body of an async function that has *handles* as its params.

        Raises:
            ActionFailed: `invalid_params`; it is no Python, and where.
        """
        self._lines = source.splitlines()
        self._handles = handles
        self._printed = _Printed()
        try:
            function = _as_function(source, handles)
            self._code = compile(function, FILE_NAME, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
            said = error.msg if isinstance(error, SyntaxError) else str(error)
            raise ActionFailed(ErrorCode.INVALID_PARAMS, f"code: {said}{line}") from error

    @property
    def printed(self) -> str:
        """What it printed so far, or the beginning of it."""
        return self._printed.text()

    async def run(self, deadline: float) -> object:
        """Run it, until *deadline* on the loop's clock.

        Raises:
            ActionFailed: `evaluation_failed`; it raised something.
            CodeOverran: it did not look up from its work by then.
        """
        loop = asyncio.get_running_loop()

        def tick() -> bool:
            if loop.time() > deadline:
                raise CodeOverran
            return True

        variables: dict[str, Any] = {
            "__name__": "__xagent__",
            "__builtins__": _builtins(self._printed.write),
            _TICK: tick,
        }
        exec(self._code, variables)
        function: Callable[..., Awaitable[object]] = variables[_FUNCTION]
        try:
            return await function(**self._handles)
        except (CodeOverran, GeneratorExit):
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise self._failed(asyncio.CancelledError("the code cancelled itself")) from None
        except BaseException as error:
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> ActionFailed:
        said = "".join(traceback.format_exception_only(error)).strip()
        details = {"stack": self._stack(error, said)}
        if self.printed:
            details["printed"] = self.printed
        return ActionFailed(
            ErrorCode.EVALUATION_FAILED,
            f"the code failed: {said.splitlines()[0][:500] if said else 'it raised nothing'}",
            effect=Effect.PARTIAL,
            details=details,
        )

    def _stack(self, error: BaseException, said: str) -> str:
        """Say where in the code it was, in the lines of the code itself."""
        lines = ["Traceback (most recent call last):"]
        for frame, line in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == FILE_NAME:
                name = frame.f_code.co_name
                lines.append(f'  File "{FILE_NAME}", line {line}, in {name}')
                if 0 < line <= len(self._lines):
                    lines.append(f"    {self._lines[line - 1].strip()}")
        return "\n".join([*lines, said])[:MAX_STACK]


class _Printed:
    """What was printed, up to a bound."""

    def __init__(self) -> None:
        self._written = io.StringIO()

    def write(self, *values: object, sep: str = " ", end: str = "\n", **_: object) -> None:
        """Take the place of `print`."""
        room = MAX_PRINTED - self._written.tell()
        if room > 0:
            self._written.write((sep.join(map(str, values)) + end)[:room])

    def text(self) -> str:
        return self._written.getvalue()


class _WithTicks(ast.NodeTransformer):
    """Looks at the clock in each turn of a loop, and leaves a stop alone.

    A loop that never awaits anything would stop the whole agent for good: nothing else runs on its
    loop then, no deadline and no cancellation. And a bare `except` would catch the stop itself.
    """

    def visit_While(self, node: ast.While) -> ast.AST:
        return self._ticking(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        return self._ticking(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self._ticking(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs.insert(0, _tick(node.iter))
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        if node.type is None:
            node.type = ast.copy_location(ast.Name("Exception", ast.Load()), node)
        return node

    def _ticking(self, node: ast.While | ast.For | ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.copy_location(ast.Expr(_tick(node.body[0])), node.body[0]))
        return node


def _as_function(source: str, params: Iterable[str]) -> ast.Module:
    """Return *source* as the body of an async function, each line in its place.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be read.
    """
    parsed = _WithTicks().visit(ast.parse(source, FILE_NAME))
    module = ast.parse(f"async def {_FUNCTION}({', '.join(params)}): pass")
    (function,) = module.body
    assert isinstance(function, ast.AsyncFunctionDef)
    function.body = parsed.body or function.body
    return ast.fix_missing_locations(module)


def _tick(place: ast.AST) -> ast.expr:
    call = ast.Call(ast.Name(_TICK, ast.Load()), [], [])
    return ast.fix_missing_locations(ast.copy_location(call, place))


def _builtins(write: Callable[..., None]) -> dict[str, Any]:
    return {**vars(builtins), "print": write, "input": _ask}


def _ask(*_: object) -> NoReturn:
    raise RuntimeError("there is nobody to ask: take what you need from `arg`")

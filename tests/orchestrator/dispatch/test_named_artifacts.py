"""Which artifacts stand in params."""

from __future__ import annotations

import msgspec
import pytest

from orchestrator.dispatch.named_artifacts import named_artifacts

ONE = "019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b"
OTHER = "019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5c"


@pytest.mark.parametrize(
    ("params", "named"),
    [
        (f'["{ONE}"]', {ONE}),
        (f'{{"files": ["{ONE}", "{OTHER}"], "again": "{ONE}"}}', {ONE, OTHER}),
        (f'{{"{ONE}": null}}', {ONE}),
        (f'{{"code": "use({OTHER})"}}', {OTHER}),
        (f'["{ONE.upper()}"]', set()),
        (f'["{ONE[:-1]}"]', set()),
        ("{}", set()),
    ],
)
def test_an_id_is_found_wherever_it_stands(params: str, named: set[str]) -> None:
    assert named_artifacts(msgspec.Raw(params.encode())) == named

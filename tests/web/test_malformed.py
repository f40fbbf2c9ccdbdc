"""Who reads requests. What is refused, and how, stands in tests/bad_inputs."""

from __future__ import annotations

import uvicorn.config

from core.web.malformed import answer_malformed


def test_h11_reads_requests_also_where_httptools_is_installed() -> None:
    answer_malformed()
    assert uvicorn.config.HTTP_PROTOCOLS["auto"].endswith("h11_impl:H11Protocol")

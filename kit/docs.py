"""`/docs`: the service's OpenAPI document to read and to try, from files of this machine alone.

FastAPI's own page loads its programs from a network of others, without which it is blank; the same programs lie in
the package `fastapi-offline`, of which nothing else is used.
"""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import Final

from fastapi import FastAPI, Response

from kit.errors import not_found

PATHS: Final = frozenset({"/docs", "/docs/{name}"})
START: Final = """"use strict";
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
});
"""
PROGRAM: Final = "swagger-ui-bundle.js"
STYLE: Final = "swagger-ui.css"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=3600",
}


def add_docs(app: FastAPI) -> None:
    """Declare the page and its three files; they are for everybody, as the document is."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(_page(app.title), headers=HEADERS, media_type="text/html; charset=utf-8")

    @app.get("/docs/{name}", include_in_schema=False)
    async def docs_file(name: str) -> Response:
        if name == "start.js":
            return Response(START, headers=HEADERS, media_type="text/javascript; charset=utf-8")
        if name not in {PROGRAM, STYLE}:
            raise not_found("文件", "file")
        body = resources.files("fastapi_offline").joinpath("static", name).read_bytes()
        kind = "text/css" if name == STYLE else "text/javascript"
        return Response(body, headers=HEADERS, media_type=f"{kind}; charset=utf-8")


def _page(title: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="/docs/{STYLE}"></head><body><div id="docs"></div>'
        f'<script src="/docs/{PROGRAM}"></script><script src="/docs/start.js"></script></body></html>'
    )

"""A page on which a film plays, with its measures and reasons beside it: a notebook, which the Dagster UI opens in place."""

from __future__ import annotations

import base64
from datetime import datetime
from html import escape
from pathlib import Path

from core.disk import make_folder
from core.ids import SlotId
from generation.artifacts import ArtifactStore
from generation.retention import FILMS_KEPT
from generation.values import Film, QualityVerdict, ThumbnailChoice

_STYLE = "font-family: sans-serif; border-spacing: 12px 2px"


def film_page(state: Path, verdict: QualityVerdict, film: Film, thumbnail: ThumbnailChoice, artifacts: ArtifactStore) -> Path:
    """Write the page of a slot's film and return where it lies. The film and its picture are in it."""
    import nbformat.v4 as notebook

    moving, picture = (_data(artifacts.load(file)) for file in (film.film, thumbnail.chosen.image))
    said = "".join(f"<li>{escape(reason)}</li>" for reason in (*verdict.vetoes, *verdict.reasons))
    rows = "".join(
        f"<tr><td>{escape(one.aspect)}<td>{escape(one.name)}<td>"
        f"{'not measured' if one.value is None else escape(f'{one.value:g} {one.unit}')}"
        f"<td>{escape(one.wanted)}<td>{one.points:.2f}"
        for one in sorted(verdict.measures, key=lambda measure: measure.points)
    )
    html = (
        '<div style="display: flex; flex-wrap: wrap; gap: 24px">'
        '<div><video controls width="640"'
        f' poster="data:image/jpeg;base64,{picture}" src="data:video/mp4;base64,{moving}"></video>'
        f"<h2>{verdict.score:.0f} of 100: {escape(verdict.decision.value.replace('_', ' '))}</h2><ul>{said}</ul></div>"
        f'<table style="{_STYLE}"><tr><th>Aspect<th>Measure<th>Value<th>Wanted<th>Points{rows}</table></div>'
    )
    shown = notebook.new_output("display_data", data={"text/html": html})
    page = notebook.new_notebook(cells=[notebook.new_code_cell(f"# {verdict.slot}", outputs=[shown], id="film")])
    path = _folder(state) / f"{verdict.slot.replace('|', ' ')}.ipynb"
    draft = path.with_suffix(".new")
    draft.write_text(notebook.writes(page), encoding="utf-8")
    draft.replace(path)
    return path


def delete_old_film_pages(state: Path, now: datetime) -> int:
    """Delete the pages of slots that are longer ago than films are kept; returns how many."""
    before = (now - FILMS_KEPT).date()
    pages = _folder(state).glob("*.ipynb")
    old = [page for page in pages if SlotId.parse(page.stem.replace(" ", "|")).on < before]
    for page in old:
        page.unlink(missing_ok=True)
    return len(old)


def _folder(state: Path) -> Path:
    return make_folder(state / "pages" / "films")


def _data(content: bytes) -> str:
    return base64.b64encode(content).decode()

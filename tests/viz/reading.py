"""Reads a drawing back: what a program sees in the SVG alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Picture:
    """Attributes of every wire and card, by id, and all texts."""

    root: ET.Element
    edges: list[dict[str, str]] = field(default_factory=list)
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        return ["".join(text.itertext()) for text in self.root.iter(f"{SVG}text")]

    def node(self, name: str) -> dict[str, str]:
        """Return the attributes of the card of this name that carries its data."""
        (found,) = (n for n in self.nodes.values() if n["name"] == name and "clone" not in n)
        return found


def read(svg: str) -> Picture:
    """Return what the text of a drawing says; fails if it is no XML."""
    # The drawings are our own: there is nothing to defend against.
    picture = Picture(ET.fromstring(svg))  # noqa: S314
    for group in picture.root.iter(f"{SVG}g"):
        classes = group.get("class", "").split()
        data = {key.removeprefix("data-"): value for key, value in group.items() if key.startswith("data-")}
        if "e" in classes:
            picture.edges.append({"id": group.get("id", ""), **data})
        elif "n" in classes:
            picture.nodes[group.get("id", "")] = {"id": group.get("id", ""), **data}
    return picture


def assert_chain_rule(picture: Picture, rel: float = 1e-5) -> int:
    """Check upstream · local = contribution on every scalar wire, their sum at every scalar card; count the wires."""
    sums: dict[str, list[float]] = {}
    checked = 0
    for edge in picture.edges:
        if "const" in edge:
            assert not {"up", "local", "contrib"} & edge.keys()
            continue
        contribution = float(edge["contrib"])
        sums.setdefault(edge["src"], []).append(contribution)
        if "local" in edge:
            up, local = float(edge["up"]), float(edge["local"])
            assert math.isclose(up * local, contribution, rel_tol=rel, abs_tol=1e-30), edge
            upstream = float(picture.nodes[edge["dst"]]["grad"])
            assert math.isclose(up, upstream, rel_tol=rel, abs_tol=1e-30), edge
            checked += 1
    for source, contributions in sums.items():
        sizes = picture.nodes[source].get("shape", "").split(",")
        if any(size not in {"", "1"} for size in sizes):
            continue  # norms of arrays do not add up
        gradient = float(picture.nodes[source]["grad"])
        scale = max(map(abs, contributions))
        assert math.isclose(math.fsum(contributions), gradient, rel_tol=rel, abs_tol=rel * scale), source
    return checked

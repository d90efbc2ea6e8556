"""Constructors that know their arguments: a misspelt keyword is answered with the one that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_np.errors import check_keywords

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["KnowsItsArguments"]


class KnowsItsArguments:
    """The part of modules, optimisers and schedules that looks at the keywords of their constructor."""

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        """Return the object to be initialised; TypeError for a keyword that the constructor does not take."""
        if keywords:
            check_keywords(cls, keywords)
        return super().__new__(cls)

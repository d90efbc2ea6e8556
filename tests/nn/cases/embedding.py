"""Embeddings, compared with PyTorch. `tests.nn.torch_cases` says what a line means."""

from __future__ import annotations

from typing import Any

_WORDS = ("values", [[1, 4, 1], [0, 2, 4]])
_TEXT = ("values", [1, 4, 1, 0, 2, 4, 1])
_BAGS = ("values", [0, 3, 3, 5])
_ENDS = ("values", [0, 3, 3, 7])
# PyTorch divides by the frequency of a wrong index here, unless all are equal: see test_embedding.py.
_TWICE = ("values", [[3, 1], [1, 3]])
_TABLE = (5, 3)

LAYERS: dict[str, tuple[Any, ...]] = {
    "Embedding(5, 3)": (_WORDS,),
    "Embedding(5, 3, padding_idx=1)": (_WORDS,),
    "Embedding(5, 3, padding_idx=-1)": (_WORDS,),
    "Embedding(5, 3, max_norm=0.8)": (_WORDS,),
    "Embedding(5, 3, max_norm=1, norm_type=1.0)": (_TEXT,),
    "Embedding(5, 3, max_norm=0.4, norm_type=float('inf'))": (_TEXT,),
    "Embedding(5, 3, scale_grad_by_freq=True)": (_WORDS,),
    "Embedding(5, 3, 4, 0.8, 3.0, True)": (_WORDS,),
    "Embedding(5, 3, _freeze=True)": (_WORDS,),
    "EmbeddingBag(5, 3)": (_WORDS,),
    "EmbeddingBag(5, 3, mode='sum')": (_TEXT, _BAGS),
    "EmbeddingBag(5, 3, mode='mean')": (_TEXT, _BAGS),
    "EmbeddingBag(5, 3, mode='max')": (_TEXT, _BAGS),
    "EmbeddingBag(5, 3, mode='max', padding_idx=4)": (_WORDS,),
    "EmbeddingBag(5, 3, mode='mean', padding_idx=-4)": (_TEXT, _BAGS),
    "EmbeddingBag(5, 3, mode='sum', padding_idx=0)": (_WORDS,),
    "EmbeddingBag(5, 3, max_norm=0.8, norm_type=1.0)": (_WORDS,),
    "EmbeddingBag(5, 3, scale_grad_by_freq=True, mode='sum')": (_TWICE,),
    "EmbeddingBag(5, 3, None, 2.0, True)": (_TWICE,),
    "EmbeddingBag(5, 3, mode='sum', include_last_offset=True)": (_TEXT, _ENDS),
    "EmbeddingBag(5, 3, mode='sum') | layer(a, b, c)": (_TEXT, _BAGS, (7,)),
    "EmbeddingBag(5, 3, mode='sum', padding_idx=1) | layer(a, per_sample_weights=b)": (_WORDS, (2, 3)),
}

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "F.embedding(a, b)": (_WORDS, _TABLE),
    "F.embedding(a, b, 4)": (_WORDS, _TABLE),
    "F.embedding(a, b, padding_idx=-5)": (_WORDS, _TABLE),
    "F.embedding(a, b.detach() * 1, max_norm=0.8, norm_type=1.0)": (_WORDS, _TABLE),
    "F.embedding(a, b, scale_grad_by_freq=True)": (_WORDS, _TABLE),
    "F.embedding_bag(a, b)": (_WORDS, _TABLE),
    "F.embedding_bag(a, b, c)": (_TEXT, _TABLE, _BAGS),
    "F.embedding_bag(a, b, c, mode='max')": (_TEXT, _TABLE, _BAGS),
    "F.embedding_bag(a, b * 0, c, mode='max')": (_TEXT, _TABLE, _BAGS),
    "F.embedding_bag(a, b, c, mode='sum', per_sample_weights=d)": (_TEXT, _TABLE, _BAGS, (7,)),
    "F.embedding_bag(a, b, c, mode='sum', include_last_offset=True, padding_idx=1)": (_TEXT, _TABLE, _ENDS),
    "F.embedding_bag(a, b, mode='sum', scale_grad_by_freq=True)": (_TWICE, _TABLE),
    "F.embedding_bag(a, b.detach() * 1, c, 0.8, 1.0)": (_TEXT, _TABLE, _BAGS),
    "F.one_hot(a, 6)": (_WORDS,),
    "F.one_hot(a)": (_WORDS,),
}

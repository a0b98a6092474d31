"""What the feature extractors of transformers share: batches, padding, configuration files."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, check_int, show

Array = npt.NDArray[Any]

_CONFIG = "preprocessor_config.json"
_PROCESSOR = "processor_config.json"
_STRATEGIES = ("longest", "max_length", "do_not_pad")
# What from_pretrained takes for the sake of downloads, which there are none of here.
_DOWNLOADS = (
    "cache_dir",
    "force_download",
    "local_files_only",
    "proxies",
    "revision",
    "resume_download",
    "token",
    "use_auth_token",
    "trust_remote_code",
)


class BatchFeature(dict[str, Any]):
    """A dictionary of arrays whose items are attributes too.

    Parameters
    ----------
    data : mapping, optional
        The items.
    tensor_type : {'np', 'pt'}, optional
        What to convert them to: NumPy arrays or PyTorch tensors. Default: leave them.
    """

    def __init__(self, data: Mapping[str, Any] | None = None, tensor_type: Any = None) -> None:
        super().__init__(data or {})
        self.convert_to_tensors(tensor_type)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def data(self) -> BatchFeature:
        """The dictionary itself, which transformers' class wraps."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def convert_to_tensors(self, tensor_type: Any = None) -> Self:
        """Convert all items to arrays or tensors, in place, and return the dictionary.

        Parameters
        ----------
        tensor_type : {'np', 'pt'}, optional
            NumPy arrays or PyTorch tensors; also transformers' TensorType. Default: do nothing.

        Raises
        ------
        ParameterError
            If the type is unknown, or the lengths of a batch differ and tensors are wanted.
        """
        if tensor_type is None:
            return self
        convert = _converter(_plain(tensor_type))
        for name, value in self.items():
            try:
                self[name] = convert(value)
            except (TypeError, ValueError) as error:
                raise ParameterError(
                    f"{name}: cannot be made one tensor ({error}); padding=True makes lengths equal"
                ) from error
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move tensors to a device, or floating tensors to a type, as ``torch.Tensor.to`` does."""
        import torch

        device = kwargs.get("device")
        if device is None and args and not isinstance(args[0], torch.dtype):
            device = args[0]
        for name, value in self.items():
            if isinstance(value, torch.Tensor):
                if value.is_floating_point():
                    self[name] = value.to(*args, **kwargs)
                elif device is not None:
                    self[name] = value.to(device)
        return self


def _plain(value: Any) -> Any:
    """Return the text of a text or of one of transformers' enumerations."""
    return getattr(value, "value", value)


def _converter(tensor_type: Any) -> Any:
    if tensor_type == "np":
        return as_array
    if tensor_type == "pt":
        import torch

        def as_tensor(value: Any) -> Any:
            if isinstance(value, torch.Tensor):
                return value
            if isinstance(value, list | tuple) and value and isinstance(value[0], torch.Tensor):
                return torch.stack(list(value))
            return torch.from_numpy(np.array(value) if isinstance(value, list) else value)

        return as_tensor
    raise ParameterError(f"return_tensors={show(tensor_type)}: must be 'np', 'pt' or None")


def as_array(value: Any) -> Array:
    """Return a batch as one array; of objects where the lengths differ."""
    if isinstance(value, list) and value and len({len(item) for item in value}) > 1:
        ragged = np.empty(len(value), dtype=object)
        ragged[:] = [np.asarray(item) for item in value]
        return ragged
    return np.asarray(value)


def strategy(padding: Any) -> str:
    """Return the name of a padding strategy."""
    padding = _plain(padding)
    if padding is True:
        return "longest"
    if padding is False or padding is None:
        return "do_not_pad"
    if padding not in _STRATEGIES:
        listed = ", ".join(map(repr, _STRATEGIES))
        raise ParameterError(f"padding={show(padding)}: must be True, False or one of {listed}")
    return str(padding)


def rounded_up(length: int, multiple: int | None) -> int:
    """Return the length as the next multiple; None stands for 1."""
    if multiple is None:
        return length
    multiple = check_int("pad_to_multiple_of", multiple, minimum=1)
    return -(-length // multiple) * multiple


def target_lengths(
    lengths: Sequence[int],
    padding: Any,
    max_length: int | None,
    truncation: bool,
    multiple: int | None,
) -> tuple[list[int], list[int]]:
    """Return how much of each item is kept and how long each becomes.

    Parameters
    ----------
    lengths : sequence of int
        Lengths of the items.
    padding, max_length, truncation, multiple
        As in `Extractor.pad`.

    Returns
    -------
    (list of int, list of int)
        Lengths that are kept, and lengths with the padding.
    """
    how = strategy(padding)
    if max_length is not None:
        max_length = check_int("max_length", max_length, minimum=0)
    if max_length is None and (truncation or how == "max_length"):
        what = "truncation=True" if truncation else "padding='max_length'"
        raise ParameterError(f"max_length=None: {what} needs it to be given")
    kept = list(lengths)
    if truncation and max_length is not None:
        kept = [min(n, rounded_up(max_length, multiple)) for n in kept]
    if how == "do_not_pad":
        return kept, list(kept)
    longest = max(kept) if how == "longest" else max_length
    target = rounded_up(longest or 0, multiple)
    return kept, [max(n, target) for n in kept]


class Extractor:
    """A feature extractor's configuration and padding.

    Attributes are those of transformers' class of the same name, so a saved configuration is the
    same file. Further keyword arguments become attributes.
    """

    model_input_names: ClassVar[list[str]] = ["input_features"]
    _derived: ClassVar[tuple[str, ...]] = ("mel_filters", "window")

    feature_size: int
    sampling_rate: int
    padding_value: float
    padding_side: str
    return_attention_mask: bool

    def __init__(
        self, feature_size: int, sampling_rate: int, padding_value: float, **kwargs: Any
    ) -> None:
        self.feature_size = check_int("feature_size", feature_size, minimum=1)
        self.sampling_rate = check_int("sampling_rate", sampling_rate, minimum=1)
        self.padding_value = padding_value
        self.padding_side = kwargs.pop("padding_side", "right")
        if self.padding_side not in ("left", "right"):
            side = show(self.padding_side)
            raise ParameterError(f"padding_side={side}: must be 'right' or 'left'")
        self.return_attention_mask = kwargs.pop("return_attention_mask", True)
        kwargs.pop("processor_class", None)
        kwargs.pop("feature_extractor_type", None)
        for name, value in kwargs.items():
            if name not in self._derived:
                setattr(self, name, value)

    # -- input -------------------------------------------------------------------------------------

    def _check_rate(self, sampling_rate: int | None, logger: Any) -> None:
        name = type(self).__name__
        if sampling_rate is None:
            logger.warning(
                "%s was called without sampling_rate: pass it, so that audio of another rate than "
                "%s Hz is noticed.",
                name,
                self.sampling_rate,
            )
        elif sampling_rate != self.sampling_rate:
            raise ParameterError(
                f"sampling_rate={show(sampling_rate)}: the model of this {name} was trained at "
                f"{self.sampling_rate} Hz; resample the audio to that rate"
            )

    @staticmethod
    def _signals(name: str, raw: Any, *, channels: bool = False) -> list[Array]:
        """Return one signal or a batch of them as a list of float32 arrays.

        With `channels`, a signal may be (channels, n), of which the first channel is taken.
        """
        batched = isinstance(raw, list | tuple) and (
            len(raw) > 0 and (isinstance(raw[0], list | tuple) or np.ndim(raw[0]) > 0)
        )
        if not batched:
            try:
                whole = np.asarray(raw, dtype=np.float32)
            except (TypeError, ValueError) as error:
                raise ParameterError(f"{name}={show(raw)}: cannot be made an array") from error
            batched = whole.ndim > 1 and (isinstance(raw, np.ndarray) or not channels)
            raw = whole if batched else [whole]
        signals = []
        for signal in raw:
            try:
                signal = np.asarray(signal, dtype=np.float32)
            except (TypeError, ValueError) as error:
                raise ParameterError(f"{name}={show(signal)}: cannot be made an array") from error
            if channels and signal.ndim == 2 and len(signal):
                signal = signal[0]
            if signal.ndim != 1:
                raise ParameterError(
                    f"{name}: has {signal.ndim} dimensions per signal; must be mono, with one"
                )
            signals.append(signal)
        return signals

    def _place(self, out: Array, item: Array, length: int) -> None:
        """Put the first `length` rows of an item into its padded place."""
        if self.padding_side == "right":
            out[:length] = item[:length]
            out[length:] = self.padding_value
        else:
            begin = len(out) - length
            out[:begin] = self.padding_value
            out[begin:] = item[:length]

    def _mask(self, kept: int, target: int) -> Array:
        mask = np.zeros(target, dtype=np.int32)
        mask[slice(kept) if self.padding_side == "right" else slice(target - kept, None)] = 1
        return mask

    def pad(
        self,
        processed_features: Any,
        padding: Any = True,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: Any = None,
    ) -> BatchFeature:
        """Bring a batch of features to one length.

        Parameters
        ----------
        processed_features : mapping of lists, or list of mappings
            With `model_input_names[0]`, items of shape (n,) or (n, bins), and perhaps
            ``attention_mask``.
        padding : bool or {'longest', 'max_length', 'do_not_pad'}
            What length to pad to. Default: True, the longest item's.
        max_length : int, optional
            The length for ``'max_length'`` and for `truncation`.
        truncation : bool
            Whether to cut items at `max_length`. Default: False.
        pad_to_multiple_of : int, optional
            Round lengths up to a multiple of this.
        return_attention_mask : bool, optional
            Whether to add ``attention_mask``. Default: the extractor's own.
        return_tensors : {'np', 'pt'}, optional
            Type of the result. Default: the type of the items, or NumPy's.

        Returns
        -------
        BatchFeature
        """
        if isinstance(processed_features, list | tuple):
            keys = processed_features[0].keys()
            processed_features = {k: [item[k] for item in processed_features] for k in keys}
        name = self.model_input_names[0]
        if name not in processed_features:
            raise ParameterError(
                f"processed_features: has {list(processed_features)}; must have {name!r}"
            )
        wanted = (
            self.return_attention_mask if return_attention_mask is None else (return_attention_mask)
        )
        given = dict(processed_features)
        if len(given[name]) == 0:
            return BatchFeature({**given, "attention_mask": []} if wanted else given)
        if return_tensors is None:
            kind = type(given[name][0]).__module__.split(".")[0]
            return_tensors = "pt" if kind == "torch" else "np"
        items = {key: [np.asarray(item) for item in value] for key, value in given.items()}
        counts = {len(value) for value in items.values()}
        if len(counts) > 1:
            raise ParameterError(f"processed_features: has batches of {sorted(counts)} items")
        kept, targets = target_lengths(
            [len(item) for item in items[name]],
            padding,
            max_length,
            truncation,
            pad_to_multiple_of,
        )
        result: dict[str, list[Array]] = {key: list(value) for key, value in items.items()}
        masks = result.pop("attention_mask", None)
        result[name] = [
            self._padded(item, n, target) for item, n, target in zip(items[name], kept, targets)
        ]
        if masks is not None:
            result["attention_mask"] = [
                self._padded(mask, n, target, fill=0) if wanted else mask[:n]
                for mask, n, target in zip(masks, kept, targets)
            ]
        elif wanted:
            result["attention_mask"] = [self._mask(n, m) for n, m in zip(kept, targets)]
        for key, values in result.items():
            result[key] = [v.astype(np.float32) if v.dtype == np.float64 else v for v in values]
        return BatchFeature(result, tensor_type=return_tensors)

    def _padded(self, item: Array, kept: int, target: int, fill: float | None = None) -> Array:
        if kept == len(item) == target:
            return item
        out = np.empty((target, *item.shape[1:]), item.dtype)
        value = self.padding_value if fill is None else fill
        at = 0 if self.padding_side == "right" else target - kept
        out[:at] = value
        out[at : at + kept] = item[:kept]
        out[at + kept :] = value
        return out

    @staticmethod
    def zero_mean_unit_var_norm(
        input_values: Iterable[Array], attention_mask: Any, padding_value: float = 0.0
    ) -> list[Array]:
        """Return signals with mean 0 and variance 1 over what the mask says is signal."""
        values = list(input_values)
        if attention_mask is None:
            lengths = [len(value) for value in values]
        else:
            lengths = [int(np.sum(mask)) for mask in attention_mask]
        result = []
        for value, length in zip(values, lengths):
            part = value[:length]
            value = (value - part.mean()) / np.sqrt(part.var() + 1e-7)
            value[length:] = padding_value
            result.append(value)
        return result

    # -- configuration -----------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration, as transformers writes it."""
        output = copy.deepcopy(self.__dict__)
        output["feature_extractor_type"] = type(self).__name__
        for name in self._derived:
            output.pop(name, None)
        return output

    def to_json_string(self) -> str:
        """Return the configuration as JSON."""
        plain = {
            key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in self.to_dict().items()
        }
        return json.dumps(plain, indent=2, sort_keys=True) + "\n"

    def to_json_file(self, json_file_path: str | os.PathLike[str]) -> None:
        """Write the configuration to a file."""
        with open(json_file_path, "w", encoding="utf-8") as file:
            file.write(self.to_json_string())

    def save_pretrained(self, save_directory: str | os.PathLike[str], **kwargs: Any) -> list[str]:
        """Write ``preprocessor_config.json`` into a folder, which is made if there is none.

        Returns
        -------
        list of str
            The file's path.
        """
        if kwargs.get("push_to_hub"):
            raise ParameterError("push_to_hub=True: fastspec does not use the network")
        os.makedirs(save_directory, exist_ok=True)
        path = os.path.join(save_directory, _CONFIG)
        self.to_json_file(path)
        return [path]

    @classmethod
    def from_dict(cls, feature_extractor_dict: Mapping[str, Any], **kwargs: Any) -> Any:
        """Make an extractor from its configuration; keyword arguments replace what it has.

        Returns
        -------
        Extractor, or (Extractor, dict) with ``return_unused_kwargs=True``
            The dictionary holds the keyword arguments that the configuration does not have.
        """
        both = kwargs.pop("return_unused_kwargs", False)
        settings = dict(feature_extractor_dict)
        for name in [name for name in kwargs if name in settings]:
            settings[name] = kwargs.pop(name)
        made = cls(**settings)
        return (made, kwargs) if both else made

    @classmethod
    def from_json_file(cls, json_file: str | os.PathLike[str]) -> Self:
        """Make an extractor from a configuration file."""
        return cls(**_read_json(json_file))

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | os.PathLike[str], **kwargs: Any
    ) -> Any:
        """Make an extractor from a folder or a JSON file on this machine.

        Parameters
        ----------
        pretrained_model_name_or_path : path
            A folder with ``preprocessor_config.json`` (or a ``processor_config.json`` that holds
            it), or such a file. Nothing is downloaded: names of models are refused.
        **kwargs
            Replace what the configuration has, as in `from_dict`; what transformers takes for
            downloads is ignored.

        Raises
        ------
        OSError
            If there is no such folder or no configuration in it.

        Examples
        --------
        >>> from fastspec.compat.transformers import WhisperFeatureExtractor
        >>> path = WhisperFeatureExtractor(feature_size=128).save_pretrained("model")
        >>> WhisperFeatureExtractor.from_pretrained("model").feature_size
        128
        """
        path = os.fspath(pretrained_model_name_or_path)
        for name in _DOWNLOADS:
            kwargs.pop(name, None)
        folder = os.path.join(path, kwargs.pop("subfolder", None) or "")
        if os.path.isfile(path):
            return cls.from_dict(_read_json(path), **kwargs)
        processor, config = os.path.join(folder, _PROCESSOR), os.path.join(folder, _CONFIG)
        if os.path.isfile(processor):
            whole = _read_json(processor)
            settings = whole.get("feature_extractor", whole.get("audio_processor"))
            if settings is not None:
                return cls.from_dict(settings, **kwargs)
        if os.path.isfile(config):
            return cls.from_dict(_read_json(config), **kwargs)
        raise OSError(
            f"{path}: holds no {_CONFIG}; fastspec reads local folders and downloads nothing "
            "(huggingface_hub.snapshot_download makes a folder of a model's name)"
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.to_json_string()}"


def _read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    if not isinstance(settings, dict):
        raise OSError(f"{os.fspath(path)}: is not a configuration")
    return settings

"""transformers' feature extractors: the same calls, the same dictionaries out."""

import copy
import inspect
import json
import logging
import pickle
import warnings

import live
import numpy as np
import pytest
import recipes
import speech

from fastspec import ParameterError
from fastspec.compat import faster_whisper as compat_faster_whisper
from fastspec.compat import transformers as compat
from fastspec.compat._batch import BatchFeature

CLASSES = {
    "WhisperFeatureExtractor": "whisper",
    "ASTFeatureExtractor": "audio_spectrogram_transformer",
    "SeamlessM4TFeatureExtractor": "seamless_m4t",
    "SpeechT5FeatureExtractor": "speecht5",
}
# How far apart single precision may take them: Whisper's after its clip at 80 dB, AST's bands of
# almost no energy (log / 9), SeamlessM4T's own float32 sums, SpeechT5 in double on both sides.
BOUND = {
    "WhisperFeatureExtractor": 2e-4,
    "ASTFeatureExtractor": 2e-4,
    "SeamlessM4TFeatureExtractor": 5e-5,
    "SpeechT5FeatureExtractor": 1e-5,
}


def original(name):
    try:
        found = live.model(CLASSES[name], name)
        found()
    except ImportError as error:
        pytest.skip(str(error))
    return found


def pair(name, **settings):
    return getattr(compat, name)(**settings), original(name)(**settings)


def speeches():
    return [speech.noise(n, n) for n in (9000, 16000, 4321)]


def same(name, errors, ours, theirs, case, scale=1.0):
    """Keys, kinds, types and shapes are equal; masks too; features nearly."""
    assert sorted(ours) == sorted(theirs.keys()), case
    for key, expected in theirs.items():
        got = ours[key]
        assert type(got) is type(expected), (key, case)
        if isinstance(expected, list):
            assert len(got) == len(expected)
            items = list(zip(got, expected))
        else:
            items = [(got, expected)]
        for a, b in items:
            a, b = np.asarray(a), np.asarray(b)
            assert (a.shape, a.dtype) == (b.shape, b.dtype), (key, case)
            if a.dtype == object:
                same(name, errors, {key: list(a)}, {key: list(b)}, case, scale)
            elif "mask" in key:
                assert np.array_equal(a, b), (key, case)
            elif a.size:
                error = np.abs(a - b).max() / scale
                errors.check(name, "float32", "live", error, BOUND[name], (key, case))


def called(name, errors, extractors, *arguments, scale=1.0, **options):
    results = []
    for extractor in extractors:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.append(extractor(*arguments, sampling_rate=16000, **options))
    same(name, errors, *results, options, scale)
    return results


WHISPER_CALLS = (
    {},
    {"return_tensors": "np"},
    {"return_tensors": "np", "return_attention_mask": True},
    {"padding": "longest", "return_tensors": "np", "return_attention_mask": True},
    {"padding": True, "return_tensors": "np", "pad_to_multiple_of": 1600},
    {"max_length": 8000, "return_tensors": "np", "return_attention_mask": True},
    {"max_length": 8001, "return_tensors": "np", "return_attention_mask": True},
    {"max_length": 8000, "padding": "longest", "return_tensors": "np"},
    {"truncation": False, "padding": "longest", "return_tensors": "np"},
    {"do_normalize": True, "return_tensors": "np"},
    {"do_normalize": True, "padding": "longest", "return_tensors": "np"},
)


@pytest.mark.parametrize("options", WHISPER_CALLS)
def test_whisper(errors, options):
    extractors = pair("WhisperFeatureExtractor", chunk_length=2)
    for raw in (speeches(), speeches()[0], np.stack([speeches()[1]] * 2), speeches()[2].tolist()):
        called("WhisperFeatureExtractor", errors, extractors, raw, **options)


@pytest.mark.parametrize(
    "settings",
    [
        {"feature_size": 128},
        {"padding_side": "left", "padding_value": 0.01, "return_attention_mask": True},
        {"hop_length": 200, "n_fft": 512},
    ],
)
def test_whisper_settings(errors, settings):
    extractors = pair("WhisperFeatureExtractor", chunk_length=2, **settings)
    for options in ({}, {"return_attention_mask": True}, {"return_attention_mask": False}):
        called("WhisperFeatureExtractor", errors, extractors, speeches(), **options)


def test_whisper_is_its_recipe():
    """Also without transformers: 30 s padded, clipped per signal."""
    y = speech.speech(16000, 2)
    got = compat.WhisperFeatureExtractor()(y, sampling_rate=16000)["input_features"]
    expected = recipes.whisper(np.pad(y, (0, 448000)).astype(np.float64))
    assert got.shape == (1, 80, 3000)
    assert np.abs(got[0] - expected).max() < 1e-4
    both = compat.WhisperFeatureExtractor()([y, 1e-3 * y], sampling_rate=16000, n_threads=2)
    assert np.array_equal(both["input_features"][0], got[0])


@pytest.mark.parametrize("options", [{}, {"return_tensors": "np"}])
@pytest.mark.parametrize(
    "settings", [{}, {"do_normalize": False}, {"num_mel_bins": 64, "max_length": 40, "mean": -3.0}]
)
def test_ast(errors, settings, options):
    extractors = pair("ASTFeatureExtractor", **settings)
    for raw in (speeches(), speeches()[0], np.stack([speeches()[1]] * 2)):
        scale = 1 if extractors[0].do_normalize else 9  # what is not divided by 2 * std
        called("ASTFeatureExtractor", errors, extractors, raw, scale=scale, **options)


SEAMLESS_CALLS = (
    {},
    {"return_tensors": "np"},
    {"return_attention_mask": False},
    {"pad_to_multiple_of": None},
    {"pad_to_multiple_of": 5},
    {"padding": "max_length", "max_length": 120},
    {"padding": "max_length", "max_length": 40, "truncation": True},
    {"truncation": True, "max_length": 51, "pad_to_multiple_of": None},
    {"do_normalize_per_mel_bins": False},
)


@pytest.mark.parametrize("options", SEAMLESS_CALLS)
def test_seamless(errors, options):
    for settings in ({}, {"stride": 3, "padding_value": 1.5}, {"padding_side": "left"}):
        extractors = pair("SeamlessM4TFeatureExtractor", **settings)
        called("SeamlessM4TFeatureExtractor", errors, extractors, speeches(), **options)
    stereo = [np.stack([y, -0.5 * y[::-1]]) for y in speeches()]
    called("SeamlessM4TFeatureExtractor", errors, extractors, stereo, **options)
    called("SeamlessM4TFeatureExtractor", errors, extractors, speeches()[0], **options)


T5_CALLS = (
    {},
    {"padding": True},
    {"padding": True, "return_tensors": "np"},
    {"padding": "max_length", "max_length": 20000},
    {"padding": "longest", "truncation": True, "max_length": 30, "return_tensors": "np"},
    {"padding": True, "pad_to_multiple_of": 64, "return_attention_mask": False},
)


@pytest.mark.parametrize("options", T5_CALLS)
def test_speecht5(errors, options):
    name = "SpeechT5FeatureExtractor"
    for settings in ({}, {"do_normalize": True}, {"num_mel_bins": 40, "win_length": 50}):
        extractors = pair(name, **settings)
        called(name, errors, extractors, None, speeches(), **options)
        called(name, errors, extractors, None, speeches()[0], **options)
        called(name, errors, extractors, speeches(), **options)
        called(name, errors, extractors, speeches()[0], **options)
        called(name, errors, extractors, speeches(), speeches(), **options)
    for window in ("hann", "hamming_window", "boxcar", "povey"):
        extractors = pair(name, win_function=window)
        called(name, errors, extractors, None, speeches()[0], **options)


@pytest.mark.parametrize("name", CLASSES)
def test_tensors(name):
    torch = pytest.importorskip("torch")
    extractor = getattr(compat, name)()
    target = {"audio_target": speeches()[0]} if name.startswith("SpeechT5") else {}
    arguments = () if target else (speeches()[0],)
    arrays = extractor(*arguments, **target, sampling_rate=16000, return_tensors="np")
    tensors = extractor(*arguments, **target, sampling_rate=16000, return_tensors="pt")
    assert isinstance(tensors, dict)
    for key, value in tensors.items():
        assert isinstance(value, torch.Tensor)
        assert np.array_equal(value.numpy(), arrays[key])
    half = tensors.to(torch.float16)
    assert next(iter(half.values())).dtype == torch.float16
    if "attention_mask" in half:
        assert half.attention_mask.dtype == torch.int32


@pytest.mark.parametrize("name", CLASSES)
def test_signatures(name):
    ours, theirs = getattr(compat, name), original(name)
    for method in ("__init__", "__call__", "pad"):
        mine = inspect.signature(getattr(ours, method)).parameters
        for key, parameter in inspect.signature(getattr(theirs, method)).parameters.items():
            assert mine[key].default == parameter.default, (method, key)
            assert mine[key].kind == parameter.kind
    assert ours.model_input_names == theirs.model_input_names


@pytest.mark.parametrize("name", CLASSES)
def test_configuration(name, tmp_path):
    settings = {"feature_size": 64, "padding_side": "left", "some_note": "kept"}
    ours, theirs = pair(name, **settings)
    assert ours.to_json_string() == theirs.to_json_string()
    assert ours.to_dict() == theirs.to_dict()
    path = ours.save_pretrained(tmp_path / "ours")
    assert path == [str(tmp_path / "ours" / "preprocessor_config.json")]
    theirs.save_pretrained(tmp_path / "theirs")
    for folder in ("ours", "theirs"):
        for kind in (getattr(compat, name), type(theirs)):
            again = kind.from_pretrained(tmp_path / folder)
            assert again.to_json_string() == ours.to_json_string()


@pytest.mark.parametrize("name", CLASSES)
def test_configuration_of_our_own(name, tmp_path):
    kind = getattr(compat, name)
    first = kind(padding_value=0.5, note="x", mel_filters=[[1.0]], precision="double")
    path = first.save_pretrained(tmp_path)[0]
    saved = json.loads((tmp_path / "preprocessor_config.json").read_text())
    assert saved["feature_extractor_type"] == name
    assert saved["note"] == "x"
    assert "mel_filters" not in saved
    assert "precision" not in saved
    for again in (
        kind.from_pretrained(tmp_path, local_files_only=True, revision="main"),
        kind.from_pretrained(path),
        kind.from_json_file(path),
        kind.from_dict(saved),
        copy.deepcopy(first),
        pickle.loads(pickle.dumps(first)),
    ):
        assert again.to_dict() == first.to_dict()
    changed, unused = kind.from_pretrained(
        tmp_path, padding_value=2.0, other=3, return_unused_kwargs=True
    )
    assert changed.padding_value == 2.0
    assert unused == {"other": 3}
    (tmp_path / "processor_config.json").write_text(
        json.dumps({"feature_extractor": saved | {"padding_value": 7.0}})
    )
    assert kind.from_pretrained(tmp_path).padding_value == 7.0
    assert name in repr(first)
    with pytest.raises(OSError, match="downloads nothing"):
        kind.from_pretrained("openai/whisper-tiny")
    with pytest.raises(ParameterError, match="network"):
        first.save_pretrained(tmp_path, push_to_hub=True)


@pytest.mark.parametrize("name", CLASSES)
def test_sampling_rate(name, caplog):
    extractor = getattr(compat, name)()
    with pytest.raises(ParameterError, match=r"sampling_rate=8000: .* trained at 16000 Hz"):
        extractor(speeches()[0], sampling_rate=8000)
    with caplog.at_level(logging.WARNING, "fastspec.compat.transformers"):
        extractor(speeches()[0])
    assert "without sampling_rate" in caplog.text


@pytest.mark.parametrize("name", CLASSES)
def test_refused(name):
    kind = getattr(compat, name)
    extractor = kind()
    for raw, said in (
        (np.zeros((2, 2, 2, 500), np.float32), "must be mono"),
        ("text", "cannot be made an array"),
        ([np.zeros((2, 2, 2))], "must be mono"),
    ):
        with pytest.raises(ParameterError, match=said):
            extractor(raw, sampling_rate=16000)
    with pytest.raises(ParameterError, match="return_tensors='jax'"):
        extractor(speeches()[0], sampling_rate=16000, return_tensors="jax")
    with pytest.raises(ParameterError, match="padding_side='middle'"):
        kind(padding_side="middle")
    with pytest.raises(ParameterError, match="sampling_rate=0"):
        kind(sampling_rate=0)
    with pytest.raises(ParameterError, match="precision='half'"):
        kind(precision="half")
    if name != "ASTFeatureExtractor":
        with pytest.raises(ParameterError, match="padding='most'"):
            extractor(speeches()[0], sampling_rate=16000, padding="most")
        with pytest.raises(ParameterError, match="pad_to_multiple_of=0"):
            extractor(speeches()[0], sampling_rate=16000, padding=True, pad_to_multiple_of=0)


def test_refused_lengths():
    with pytest.raises(ParameterError, match="at least 400"):
        compat.ASTFeatureExtractor()(np.zeros(399, np.float32), sampling_rate=16000)
    with pytest.raises(ParameterError, match="at least 400"):
        compat.SeamlessM4TFeatureExtractor()(np.zeros(399, np.float32), sampling_rate=16000)
    with pytest.raises(ParameterError, match="at least one hop"):
        compat.WhisperFeatureExtractor()(
            np.zeros(100, np.float32), sampling_rate=16000, padding=False
        )
    with pytest.raises(ParameterError, match="different lengths"):
        compat.WhisperFeatureExtractor()(speeches(), sampling_rate=16000, padding=False)
    with pytest.raises(ParameterError, match="max_length=None: truncation=True"):
        compat.SeamlessM4TFeatureExtractor()(speeches(), sampling_rate=16000, truncation=True)
    with pytest.raises(ParameterError, match="audio=None"):
        compat.SpeechT5FeatureExtractor()(sampling_rate=16000)
    pytest.importorskip("torch")
    with pytest.raises(ParameterError, match="input_values: cannot be made one tensor"):
        compat.SpeechT5FeatureExtractor()(speeches(), sampling_rate=16000, return_tensors="pt")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": "max_length", "max_length": 12},
        {"padding": False},
        {"truncation": True, "max_length": 4},
        {"pad_to_multiple_of": 8, "return_attention_mask": False},
    ],
)
def test_pad(options):
    """The public method, with masks given or not."""
    name = "SpeechT5FeatureExtractor"
    ours, theirs = pair(name)
    items = [{"input_values": np.arange(n, dtype=np.float64)} for n in (3, 7, 5)]
    masked = [item | {"attention_mask": np.ones(len(item["input_values"]), np.int32)}
              for item in items]  # fmt: skip
    for features in (items, masked, {"input_values": [i["input_values"] for i in items]}):
        a, b = ours.pad(features, **options), theirs.pad(copy.deepcopy(features), **options)
        assert sorted(a) == sorted(b.keys())
        for key in a:
            assert a[key].dtype == b[key].dtype
            assert len(a[key]) == len(b[key])
            for x, y in zip(a[key], b[key], strict=True):
                assert np.array_equal(x, y)
    with pytest.raises(ParameterError, match="must have 'input_values'"):
        ours.pad({"values": [1]})
    assert ours.pad({"input_values": []}) == {"input_values": [], "attention_mask": []}


def test_batch_feature():
    batch = BatchFeature({"a": [np.zeros(2), np.ones(2)]})
    assert batch.a is batch["a"] is batch.data["a"]
    with pytest.raises(AttributeError):
        batch.b  # noqa: B018
    assert batch.convert_to_tensors("np") is batch
    assert batch.a.shape == (2, 2)
    again = pickle.loads(pickle.dumps(batch))
    assert isinstance(again, BatchFeature)
    assert np.array_equal(again.a, batch.a)
    assert {**batch}.keys() == {"a"}


def test_faster_whisper(errors):
    ours = compat_faster_whisper.FeatureExtractor(feature_size=128)
    try:
        module = live.import_part("faster_whisper", "feature_extractor")
    except ImportError as error:
        pytest.skip(str(error))
    theirs = module.FeatureExtractor(feature_size=128)
    y = speech.speech(16000, 4)
    for options in ({}, {"padding": 0}, {"chunk_length": 10}):
        a, b = ours(y, **options), theirs(y, **options)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        errors.check("faster_whisper", "float32", "live", np.abs(a - b).max(), 2e-4, options)
    names = ("n_fft", "hop_length", "chunk_length", "n_samples", "nb_max_frames", "time_per_frame")
    for name in (*names, "sampling_rate"):
        assert getattr(ours, name) == getattr(theirs, name)
    np.testing.assert_allclose(ours.mel_filters, theirs.mel_filters, rtol=1e-5, atol=1e-9)
    with pytest.raises(ParameterError, match="waveform: has shape"):
        ours(np.zeros((2, 100), np.float32))

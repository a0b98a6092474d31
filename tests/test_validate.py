"""The argument checkers: what passes, what is refused, and what the message says."""

import array
import decimal
import fractions
import math
import pickle
import re

import numpy as np
import pytest

from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    show,
)

MODES = ("constant", "reflect", "edge")


class Index:
    def __index__(self):
        return 7


class Real:
    def __float__(self):
        return 2.5


class BrokenRepr:
    def __repr__(self):
        raise RuntimeError


def refused(message, check, *args, **kwargs):
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        check(*args, **kwargs)


def test_error_is_a_value_error():
    assert issubclass(ParameterError, ValueError)
    error = pickle.loads(pickle.dumps(ParameterError("hop_length=0: ...")))
    assert type(error) is ParameterError
    assert error.args == ("hop_length=0: ...",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (-3, -3),
        (10**30, 10**30),
        (np.int64(3), 3),
        (np.uint8(255), 255),
        (np.array(4), 4),
        (Index(), 7),
    ],
)
def test_int_accepts(value, expected):
    result = check_int("n", value)
    assert type(result) is int
    assert result == expected


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        np.True_,
        np.array(True),
        512.0,
        np.float64(512),
        np.array(512.0),
        math.nan,
        math.inf,
        3 + 0j,
        "3",
        b"3",
        None,
        [3],
        np.array([3]),
        np.array([], dtype=int),
        decimal.Decimal(3),
        fractions.Fraction(3),
        np.timedelta64(3),
        int,
    ],
)
def test_int_refuses(value):
    with pytest.raises(ParameterError, match=r"^n=.*: must be an integer$"):
        check_int("n", value)


def test_int_bounds():
    assert check_int("n", 1, minimum=1, maximum=8) == 1
    assert check_int("n", np.int32(8), minimum=1, maximum=8) == 8
    refused("hop_length=0: must be an integer >= 1", check_int, "hop_length", 0, minimum=1)
    refused("n=9: must be an integer >= 1 and <= 8", check_int, "n", 9, minimum=1, maximum=8)
    refused("n=9: must be an integer <= 8", check_int, "n", 9, maximum=8)
    refused("n=512.0: must be an integer >= 1", check_int, "n", 512.0, minimum=1)
    refused("n=np.int64(0): must be an integer >= 1", check_int, "n", np.int64(0), minimum=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, 0.5),
        (-0.0, -0.0),
        (3, 3.0),
        (np.float32(0.25), 0.25),
        (np.float64(0.1), 0.1),
        (np.longdouble(0.5), 0.5),
        (np.int16(-2), -2.0),
        (np.array(1.5), 1.5),
        (Real(), 2.5),
        (Index(), 7.0),
        (decimal.Decimal("0.5"), 0.5),
        (fractions.Fraction(1, 4), 0.25),
    ],
)
def test_float_accepts(value, expected):
    result = check_float("x", value)
    assert type(result) is float
    assert result == expected


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.False_,
        np.array(True),
        math.nan,
        np.float32("nan"),
        np.array(math.nan),
        decimal.Decimal("nan"),
        decimal.Decimal("snan"),
        math.inf,
        -math.inf,
        10**400,
        1j,
        np.complex64(1),
        np.array(1 + 0j),
        "1.0",
        np.str_("1.0"),
        b"1.0",
        None,
        [1.0],
        np.array([1.0]),
        np.datetime64("2020-01-01"),
        np.timedelta64(3),
        float,
    ],
)
def test_float_refuses(value):
    with pytest.raises(ParameterError, match=r"^x=.*: must be a finite number$"):
        check_float("x", value)


def test_float_bounds():
    assert check_float("x", 0, minimum=0) == 0.0
    assert check_float("x", 1.0, maximum=1) == 1.0
    refused("sr=0: must be a finite number > 0", check_float, "sr", 0, exclusive_minimum=0)
    refused("x=-1.5: must be a finite number >= 0", check_float, "x", -1.5, minimum=0)
    refused(
        "x=2.0: must be a finite number >= 0 and <= 1", check_float, "x", 2.0, minimum=0, maximum=1
    )


def test_float_infinity():
    assert check_float("norm", math.inf, allow_inf=True) == math.inf
    assert check_float("norm", np.float32("-inf"), allow_inf=True) == -math.inf
    refused("x=-inf: must be a number >= 0", check_float, "x", -math.inf, minimum=0, allow_inf=True)
    refused("x=nan: must be a number", check_float, "x", math.nan, allow_inf=True)


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_])
def test_bool_accepts(value):
    result = check_bool("htk", value)
    assert type(result) is bool
    assert result == value


@pytest.mark.parametrize(
    "value", [0, 1, 1.0, None, "True", "", [], math.nan, np.int8(1), np.array(True)]
)
def test_bool_refuses(value):
    with pytest.raises(ParameterError, match=r"^htk=.*: must be True or False$"):
        check_bool("htk", value)


def test_choice_accepts():
    assert check_choice("mode", "edge", MODES) == "edge"
    assert type(check_choice("mode", np.str_("edge"), MODES)) is str
    assert check_choice("mode", "zeros", MODES, aliases={"zeros": "constant"}) == "constant"
    assert check_choice("mode", "edge", dict.fromkeys(MODES)) == "edge"


@pytest.mark.parametrize(
    ("value", "meant"),
    [("reflct", "reflect"), ("Edge", "edge"), ("CONSTANT", "constant"), ("constant ", "constant")],
)
def test_choice_suggests(value, meant):
    refused(
        f"mode={value!r}: unknown; did you mean {meant!r}? one of 'constant', 'reflect', 'edge'",
        check_choice,
        "mode",
        value,
        MODES,
    )


def test_choice_suggests_a_listed_name_before_an_alias():
    names, aliases = ("hann", "boxcar"), {"han": "hann", "rectangular": "boxcar"}
    refused(
        "window='hanm': unknown; did you mean 'hann'? one of 'hann', 'boxcar'",
        check_choice,
        "window",
        "hanm",
        names,
        aliases=aliases,
    )
    refused(
        "window='rectanglar': unknown; did you mean 'rectangular'? one of 'hann', 'boxcar'",
        check_choice,
        "window",
        "rectanglar",
        names,
        aliases=aliases,
    )


def test_choice_without_a_near_name():
    refused("mode='xyz': unknown; one of 'constant'", check_choice, "mode", "xyz", MODES)
    refused("mode='': unknown; one of 'constant'", check_choice, "mode", "", MODES)
    refused("mode='eee", check_choice, "mode", "e" * 10**6, MODES)


@pytest.mark.parametrize("value", [None, 1, True, b"edge", ["edge"], {}, math.nan])
def test_choice_refuses_other_types(value):
    refused(
        f"mode={value!r}: must be one of 'constant', 'reflect', 'edge'",
        check_choice,
        "mode",
        value,
        MODES,
    )


def test_show_is_short():
    for value in (
        "x" * 10**6,
        list(range(10**6)),
        np.zeros((1000, 1000)),
        10**3000,
        10**6000,
        dict.fromkeys(range(1000), "y" * 1000),
        array.array("d", bytes(8000)),
    ):
        text = show(value)
        assert len(text) < 1000
        assert "\n" not in text
    assert show(BrokenRepr()).startswith("<BrokenRepr")

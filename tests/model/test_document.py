"""A mixture written as JSON reads back bit for bit; what is no mixture is refused by its field."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmmfit import Mixture, ModelError
from gmmfit.model.simulate import random_mixture


@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 1000), st.sampled_from([-900, -30, 0, 30, 900]))
def test_written_then_read_is_bit_for_bit(k: int, d: int, seed: int, exponent: int) -> None:
    mixture = random_mixture(k, tuple("abc"[:d]), seed).moved(np.zeros(d), np.full(d, 2.0**exponent))
    back = Mixture.from_json(mixture.to_json())
    for name in ("weights", "means", "covariances", "sds", "units", "factors"):
        assert np.array_equal(getattr(back, name), getattr(mixture, name))
    assert back.columns == mixture.columns
    assert back.to_json() == mixture.to_json()


def test_a_hand_written_model_needs_only_components() -> None:
    text = '{"components": [{"weight": 0.4, "mean": 165, "sd": 6}, {"weight": 0.6, "mean": [178], "sd": [7]}]}'
    assert str(Mixture.from_json(text)) == "0.4 N(165, 6) + 0.6 N(178, 7)"


@pytest.mark.parametrize("digits", [1, 2, 3, 6, 17])
@pytest.mark.parametrize("seed", range(20))
def test_sds_and_variances_cut_to_few_digits_still_agree(digits: int, seed: int) -> None:
    sd = float(np.random.default_rng(seed).uniform(0.5, 20))
    cut, variance = float(f"{sd:.{digits}g}"), float(f"{sd * sd:.{digits}g}")
    component = {"weight": 1, "mean": [0], "sd": [cut], "covariance": [[variance]]}
    assert Mixture.from_json(json.dumps({"components": [component]})).covariances[0, 0, 0] == variance


def test_an_edited_sd_beside_its_old_variance_is_refused() -> None:
    component = {"weight": 1, "mean": [0], "sd": [5.97], "covariance": [[35.67904480340239]]}
    with pytest.raises(ModelError, match="don't agree: change both, or leave one out"):
        Mixture.from_json(json.dumps({"components": [{**component, "sd": [6.5]}]}))
    Mixture.from_json(json.dumps({"components": [component]}))


GOOD = {"weight": 1, "mean": [0], "sd": [1]}
WHOLE = {"weight": 1, "mean": [0], "covariance": [[1]]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"components": []}', '"components" must be a list'),
        ('{"format": "other"}', "\"format\" is 'other'"),
        ('{"format_version": 2}', "a newer one may read it"),
        ('{"format_version": true}', '"format_version" is True'),
        ('{"components": [{"weight": NaN}]}', "NaN is not a number"),
        ('{"components": [{"weight": 1e999, "mean": 0, "sd": 1}]}', '"weight" of component 1 must be'),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        (json.dumps({"components": [{**GOOD, "weight": True}]}), '"weight" of component 1 must be finite'),
        (json.dumps({"components": [{**GOOD, "mean": [[0]]}]}), '"mean" of component 1 must be'),
        (json.dumps({"components": [{**GOOD, "mean": [True]}]}), '"mean" of component 1 must be finite numbers'),
        (json.dumps({"components": [1]}), "component 1 must be an object with weight, mean, and sd or covariance"),
        (json.dumps({"components": [{**WHOLE}, GOOD]}), "either every component has a covariance, or none has"),
        (json.dumps({"covariance_units": [3.0], "components": [WHOLE]}), '"covariance_units" must be a power of two'),
        (json.dumps({"covariance_units": [2, 2], "components": [WHOLE]}), '"covariance_units" must be a power of two'),
        ('{"components": [{"weight": 1' + "0" * 5000 + "}]}", "not JSON that can be read: Exceeds the limit"),
        (json.dumps({"components": [{"weight": 1, "sd": 1}]}), 'component 1 has no "mean"'),
        (json.dumps({"components": [{"weight": 1, "mean": 0}]}), 'component 1 has no "sd"'),
        (json.dumps({"components": [{**GOOD, "sd": -1}]}), "every sd must be a positive"),
        (json.dumps({"components": [GOOD, {**GOOD, "mean": [0, 1]}]}), '"mean" of component 2 has another size'),
        (json.dumps({"components": [{**GOOD, "covariance": [[1], [1, 2]]}]}), "rows of unequal length"),
        (json.dumps({"columns": ["a", "b"], "components": [GOOD]}), '"columns" has 2 names'),
        (json.dumps({"components": [GOOD], "n_components": 2}), '"n_components" is 2'),
        (json.dumps({"components": [{**GOOD, "covariance": [[4]]}]}), '"sd" and "covariance" of component 1'),
        (json.dumps({"components": [{**GOOD, "weight": 10**400}]}), '"weight" of component 1 must be'),
    ],
)
def test_what_is_no_model_is_refused_by_its_field(text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Mixture.from_json(text)

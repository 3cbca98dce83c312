"""The names that gmmfit gives to those who import it."""

import pytest

import gmmfit


def test_public_names_are_all_there_and_no_others() -> None:
    assert all(hasattr(gmmfit, name) for name in gmmfit.__all__)
    assert sorted(gmmfit.__all__) == gmmfit.__all__
    with pytest.raises(AttributeError, match="no attribute 'cluster'"):
        _ = gmmfit.cluster

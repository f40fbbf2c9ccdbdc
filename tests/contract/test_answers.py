"""Answers as their own schema promises them."""

from types import NoneType
from typing import get_args

import pytest

from core.contract import answers

MODELS = [
    model
    for model in vars(answers).values()
    if isinstance(model, type) and issubclass(model, answers.Answer)
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_field_that_may_be_left_out_is_not_promised(model: type[answers.Answer]) -> None:
    for name, field in model.model_fields.items():
        if NoneType in get_args(field.annotation):
            assert not field.is_required(), name

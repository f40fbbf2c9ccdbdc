"""The error tree against the contract's table of codes."""

import inspect
import json

import pytest

from core import errors
from core.errors import FaceDeskError, code_table

CONTRACT = [
    (40000, 400, "BAD_REQUEST"),
    (40001, 415, "UNSUPPORT_CONTENT_TYPE"),
    (40002, 400, "EMPTY_REQUEST_JSON"),
    (40003, 400, "IMAGE_ERROR"),
    (40004, 422, "NO_FACE"),
    (40006, 422, "LOW_QUALITY_ERROR"),
    (40007, 413, "IMAGE_SIZE_TOO_LARGE_ERROR"),
    (40010, 422, "BAD_FEATURE_ERROR"),
    (40011, 409, "IDENTITY_EXSIT_ERROR"),
    (40015, 409, "GROUP_LEN_ERROR"),
    (40091, 400, "PARAM_ERROR"),
    (40100, 401, "UNAUTHORIZED"),
    (40300, 403, "FORBIDDEN"),
    (40401, 404, "ID_NOT_FOUND"),
    (40402, 404, "PERMISSION_ID_NOT_FOUND"),
    (40500, 405, "METHOD_NOT_ALLOWED"),
    (40901, 409, "VERSION_CONFLICT"),
    (40902, 409, "NOT_SAME_PERSON"),
    (40903, 409, "DUPLICATE_PERSON"),
    (40905, 409, "REQUEST_ID_REUSED"),
    (41300, 413, "PAYLOAD_TOO_LARGE"),
    (42900, 429, "TOO_MANY_REQUESTS"),
    (50072, 500, "SERVER_PROCESS_FAILED"),
    (50300, 503, "NOT_READY"),
    (50700, 507, "INSUFFICIENT_SPACE_LEFT"),
]
CLASSES = [
    cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, FaceDeskError)
]


def test_table_is_the_contract_s() -> None:
    assert [(cls.code, cls.http, cls.status) for cls in code_table()] == CONTRACT


def test_codes_and_statuses_are_unique() -> None:
    for column in ("code", "status"):
        values = [getattr(cls, column) for cls in code_table()]
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_has_a_row_and_a_sentence(cls: type[FaceDeskError]) -> None:
    assert (cls.code, cls.http, cls.status) in CONTRACT
    assert cls.sentence.endswith((".", "!"))
    assert cls.sentence[0].isupper()
    assert cls().message == str(cls()) == cls.sentence
    assert cls().details == {}


@pytest.mark.parametrize("cls", code_table())
def test_tree_at_the_top_of_the_file_names_it(cls: type[FaceDeskError]) -> None:
    line = next(row for row in (errors.__doc__ or "").splitlines() if f"─ {cls.__name__} " in row)
    assert str(cls.code) in line


def test_own_message_and_details() -> None:
    error = errors.ParameterError("x is wrong.", fields={"x": "is wrong"})
    assert error.message == str(error) == "x is wrong."
    assert json.dumps(error.details) == '{"fields": {"x": "is wrong"}}'
    assert errors.ParameterError("").message == errors.ParameterError.sentence


def test_one_except_catches_all() -> None:
    with pytest.raises(FaceDeskError):
        raise errors.NoSpaceLeft()

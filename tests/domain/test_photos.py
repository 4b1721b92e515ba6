"""Limits, verdicts and sentences, each boundary on both sides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import DomainError
from core.domain.photo_rules import (
    PageMeasures,
    PortraitMeasures,
    judge_arrival,
    judge_page,
    judge_portrait,
    too_little_content,
)
from core.domain.photos import (
    PHOTO_LABELS,
    PRINTED_LIMITS,
    REFUSALS,
    STORED_MAX_BYTES,
    STORED_MIN_BYTES,
    Fault,
    FaultCode,
    PhotoKind,
    PhotoRefused,
    outcome_of,
    page_limits,
)

PORTRAIT = PortraitMeasures(
    width=600,
    height=800,
    white_corners=1.0,
    white_border=1.0,
    bright_end=255,
    contrast=220,
    face_median=180,
    face_clipped=0.0,
    acuity=0.3,
    crete=0.3,
)
PAGE = PageMeasures(
    width=1600,
    height=1000,
    dark_end=80,
    bright_end=240,
    clipped=0.0,
    contrast=200,
    acuity=0.6,
    crete=0.2,
    coloured=0.06,
)


def seen(faults: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(fault.code, fault.severity) for fault in faults]


def test_every_kind_has_its_label() -> None:
    assert set(PHOTO_LABELS) == set(PhotoKind)
    assert PHOTO_LABELS[PhotoKind.ID_BACK] == "身份证国徽面"


def test_the_range_is_that_of_the_manual() -> None:
    assert (STORED_MIN_BYTES, STORED_MAX_BYTES) == (150 * 1024, 300 * 1024)


def test_good_measures_have_no_fault() -> None:
    assert judge_portrait(PORTRAIT) == ()
    assert judge_page(PhotoKind.ID_FRONT, PAGE) == ()


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (153_599, [("PHOTO_SIZE", "soft")]),
        (153_600, []),
        (307_200, []),
        (307_201, [("PHOTO_SIZE", "soft")]),
    ],
)
def test_the_size_that_came(size: int, expected: list[tuple[str, str]]) -> None:
    assert seen(judge_arrival(size, "JPEG", turned=False)) == expected


def test_direction_and_format_are_told_together() -> None:
    assert seen(judge_arrival(200_000, "HEIF", turned=True)) == [("TURNED", "soft"), ("FORMAT", "soft")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"white_corners": 0.499}, [("PHOTO_BG", "hard")]),
        ({"white_corners": 0.50}, [("PHOTO_BG", "soft")]),
        ({"white_corners": 0.949}, [("PHOTO_BG", "soft")]),
        ({"white_corners": 0.95}, []),
        ({"white_border": 0.799}, [("PHOTO_BG", "soft")]),
        ({"white_border": 0.80}, []),
        ({"width": 219}, [("SMALL", "hard")]),
        ({"width": 220}, [("SMALL", "soft")]),
        ({"width": 294}, [("SMALL", "soft")]),
        ({"width": 295}, []),
        ({"width": 800}, []),
        ({"width": 801}, [("SHAPE", "soft")]),
        ({"bright_end": 69.9}, [("DARK", "hard")]),
        ({"bright_end": 70}, []),
        ({"contrast": 49.9}, [("FADED", "hard")]),
        ({"contrast": 50}, []),
        ({"face_median": 59.9}, [("DARK", "soft")]),
        ({"face_median": 60}, []),
        ({"face_median": 235}, []),
        ({"face_median": 235.1}, [("BRIGHT", "soft")]),
        ({"face_clipped": 0.25}, []),
        ({"face_clipped": 0.251}, [("BRIGHT", "soft")]),
        ({"acuity": 0.229}, [("BLUR", "soft")]),
        ({"acuity": 0.23}, []),
        ({"acuity": 0.18}, [("BLUR", "soft")]),
        ({"crete": 0.61}, [("BLUR", "soft")]),
        ({"crete": 0.60}, []),
        ({"acuity": 0.189, "crete": 0.601}, [("BLUR", "hard")]),
        ({"acuity": 0.19, "crete": 0.601}, [("BLUR", "soft")]),
    ],
)
def test_portrait_boundaries(change: dict[str, float], expected: list[tuple[str, str]]) -> None:
    assert seen(judge_portrait(replace(PORTRAIT, **change))) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"width": 899, "height": 600}, [("SMALL", "hard")]),
        ({"width": 600, "height": 900}, []),
        ({"bright_end": 69.9}, [("DARK", "hard")]),
        ({"bright_end": 70}, []),
        ({"contrast": 49.9}, [("FADED", "hard")]),
        ({"contrast": 50}, []),
        ({"clipped": 0.41, "dark_end": 186}, [("BRIGHT", "hard")]),
        ({"clipped": 0.41, "dark_end": 185}, []),
        ({"clipped": 0.40, "dark_end": 186}, []),
        ({"acuity": 0.249}, [("BLUR", "hard")]),
        ({"acuity": 0.25}, [("BLUR", "soft")]),
        ({"acuity": 0.319}, [("BLUR", "soft")]),
        ({"acuity": 0.32}, []),
        ({"crete": 0.451}, [("BLUR", "hard")]),
        ({"crete": 0.45}, [("BLUR", "soft")]),
        ({"crete": 0.381}, [("BLUR", "soft")]),
        ({"crete": 0.38}, []),
        ({"coloured": 0.0029}, [("COPY", "hard")]),
        ({"coloured": 0.003}, []),
    ],
)
def test_page_boundaries(change: dict[str, float], expected: list[tuple[str, str]]) -> None:
    assert seen(judge_page(PhotoKind.DIPLOMA, replace(PAGE, **change))) == expected


@pytest.mark.parametrize("kind", [kind for kind in PhotoKind if kind is not PhotoKind.PORTRAIT])
def test_a_print_out_only_warns_where_it_may_be_the_original(kind: PhotoKind) -> None:
    severity = "soft" if kind in {PhotoKind.SCORE_SHEET, PhotoKind.CONSENT} else "hard"
    assert seen(judge_page(kind, replace(PAGE, coloured=0.0))) == [("COPY", severity)]
    assert (page_limits(kind) is PRINTED_LIMITS) == (severity == "soft")


def test_a_portrait_has_no_page_limits() -> None:
    with pytest.raises(ValueError, match="portrait"):
        page_limits(PhotoKind.PORTRAIT)


def test_all_faults_are_told_at_once() -> None:
    bad = replace(PAGE, width=500, height=300, bright_end=20, acuity=0.1, coloured=0.0)
    assert seen(judge_page(PhotoKind.ID_BACK, bad)) == [
        ("SMALL", "hard"),
        ("DARK", "hard"),
        ("BLUR", "hard"),
        ("COPY", "hard"),
    ]


@pytest.mark.parametrize(
    ("faults", "outcome"),
    [
        ((), "accept"),
        ((Fault(FaultCode.BLUR, "soft", 0.3, 0.32, "。"),), "accept"),
        ((Fault(FaultCode.PHOTO_SIZE, "soft", 1, 2, "。"),), "fixable"),
        ((Fault(FaultCode.TURNED, "soft", 1, 0, "。"), Fault(FaultCode.BLUR, "soft", 0.3, 0.32, "。")), "fixable"),
        ((Fault(FaultCode.TURNED, "soft", 1, 0, "。"), Fault(FaultCode.COPY, "hard", 0, 0.003, "。")), "reject"),
        ((too_little_content(9_000),), "reject"),
    ],
)
def test_the_outcome_follows_the_faults(faults: tuple[Fault, ...], outcome: str) -> None:
    assert outcome_of(faults) == outcome


@given(
    st.builds(
        PortraitMeasures,
        width=st.integers(16, 20_000),
        height=st.integers(16, 20_000),
        white_corners=st.floats(0, 1),
        white_border=st.floats(0, 1),
        bright_end=st.floats(0, 255),
        contrast=st.floats(0, 255),
        face_median=st.floats(0, 255),
        face_clipped=st.floats(0, 1),
        acuity=st.floats(0, 20),
        crete=st.floats(0, 1),
    ),
    st.builds(
        PageMeasures,
        width=st.integers(16, 20_000),
        height=st.integers(16, 20_000),
        dark_end=st.floats(0, 255),
        bright_end=st.floats(0, 255),
        clipped=st.floats(0, 1),
        contrast=st.floats(0, 255),
        acuity=st.floats(0, 20),
        crete=st.floats(0, 1),
        coloured=st.floats(0, 1),
    ),
    st.sampled_from([kind for kind in PhotoKind if kind is not PhotoKind.PORTRAIT]),
)
def test_any_measures_give_one_helpful_sentence_a_code(
    portrait: PortraitMeasures, page: PageMeasures, kind: PhotoKind
) -> None:
    for faults in (judge_portrait(portrait), judge_page(kind, page)):
        codes = [fault.code for fault in faults]
        assert len(codes) == len(set(codes))
        for fault in faults:
            assert "请" in fault.sentence
            assert fault.sentence.endswith("。")
            assert fault.measured != fault.threshold


@pytest.mark.parametrize("code", list(REFUSALS))
def test_a_refusal_says_that_nothing_was_stored_and_what_to_do(code: str) -> None:
    refused = PhotoRefused(code, found=" PDF 文档", width=3, height=4, size=1)
    assert isinstance(refused, DomainError)
    assert refused.code == code
    assert "请" in refused.sentence
    assert "{" not in refused.sentence
    assert refused.as_fault().severity == "hard"


def test_an_unknown_refusal_is_a_bug() -> None:
    with pytest.raises(KeyError):
        PhotoRefused("SOMETHING")

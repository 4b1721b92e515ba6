"""Limits, verdicts and sentences, each boundary on both sides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import DomainError
from core.domain.page_rules import PageMeasures, judge_page
from core.domain.photo_limits import PRINTED_LIMITS, page_limits
from core.domain.photo_rules import judge_arrival, stored_size, too_little_content
from core.domain.photos import (
    PHOTO_LABELS,
    REFUSALS,
    STEP_WORDS,
    STORED_MAX_BYTES,
    STORED_MIN_BYTES,
    Check,
    Fault,
    FaultCode,
    PhotoKind,
    PhotoRefused,
    Step,
    faults_of,
    outcome_of,
)
from core.domain.portrait_rules import (
    FaceMeasures,
    PortraitMeasures,
    can_be_whitened,
    judge_portrait,
    with_white_offered,
)

FACE = FaceMeasures(
    width=300,
    share=0.5,
    centre=0.5,
    outside_side=0.0,
    outside_top=0.0,
    median=180,
    clipped=0.0,
    acuity=0.3,
    crete=0.3,
)
PORTRAIT = PortraitMeasures(
    width=600, height=800, bright_end=255, contrast=220, faces=1, face=FACE, white=1.0, texture=0.01, softness=3.0
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


def seen(found: tuple[Check, ...] | tuple[Fault, ...]) -> list[tuple[str, str]]:
    faults = [each for check in found for each in (faults_of([check]) if isinstance(check, Check) else (check,))]
    return [(fault.code, fault.severity) for fault in faults]


def test_every_kind_has_its_label() -> None:
    assert set(PHOTO_LABELS) == set(PhotoKind)
    assert PHOTO_LABELS[PhotoKind.ID_BACK] == "身份证国徽面"


def test_the_range_is_that_of_the_manual() -> None:
    assert (STORED_MIN_BYTES, STORED_MAX_BYTES) == (150 * 1024, 300 * 1024)


def test_good_measures_have_no_fault() -> None:
    assert seen(judge_portrait(PORTRAIT)) == []
    assert seen(judge_page(PhotoKind.ID_FRONT, PAGE)) == []


def test_every_check_is_told_also_when_it_came_out_well() -> None:
    assert [check.name for check in judge_portrait(PORTRAIT)] == [
        "face",
        "place",
        "background",
        "resolution",
        "sharpness",
        "exposure",
    ]
    names = ["fill", "resolution", "sharpness", "colour", "exposure", "glare"]
    assert [check.name for check in judge_page(PhotoKind.DIPLOMA, PAGE)] == names
    looked_at = replace(PAGE, looks_like=PhotoKind.ID_FRONT)
    assert [check.name for check in judge_page(PhotoKind.ID_FRONT, looked_at)] == ["side", *names]


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
        ({"white": 0.949}, [("PHOTO_BG", "hard")]),
        ({"white": 0.95}, []),
        ({"white": None, "texture": None}, []),
        ({"width": 219}, [("SMALL", "hard")]),
        ({"width": 220}, [("SMALL", "soft")]),
        ({"width": 294}, [("SMALL", "soft")]),
        ({"width": 295}, []),
        ({"bright_end": 69.9}, [("DARK", "hard")]),
        ({"bright_end": 70}, []),
        ({"contrast": 49.9}, [("FADED", "hard")]),
        ({"contrast": 50}, []),
        ({"faces": 2}, [("FACE_MANY", "hard")]),
        ({"faces": 0, "face": None}, [("FACE_NONE", "hard")]),
    ],
)
def test_portrait_boundaries(change: dict[str, float], expected: list[tuple[str, str]]) -> None:
    assert seen(judge_portrait(replace(PORTRAIT, **change))) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"width": 109.9}, [("FACE_SMALL", "hard")]),
        ({"width": 110}, []),
        ({"outside_side": 0.051}, [("FACE_CUT", "hard")]),
        ({"outside_side": 0.05}, []),
        ({"outside_top": 0.021}, [("FACE_CUT", "hard")]),
        ({"outside_top": 0.02}, []),
        ({"centre": 0.349}, [("FACE_PLACE", "soft")]),
        ({"centre": 0.35}, []),
        ({"centre": 0.65}, []),
        ({"centre": 0.651}, [("FACE_PLACE", "soft")]),
        ({"share": 0.179}, [("FACE_PLACE", "soft")]),
        ({"share": 0.18}, []),
        ({"share": 0.75}, []),
        ({"share": 0.751}, [("FACE_PLACE", "soft")]),
        ({"median": 59.9}, [("DARK", "hard")]),
        ({"median": 60}, []),
        ({"median": 235}, []),
        ({"median": 235.1}, [("BRIGHT", "hard")]),
        ({"clipped": 0.25}, []),
        ({"clipped": 0.251}, [("BRIGHT", "hard")]),
        ({"acuity": 0.229}, [("BLUR", "soft")]),
        ({"acuity": 0.23}, []),
        ({"acuity": 0.18}, [("BLUR", "soft")]),
        ({"crete": 0.61}, [("BLUR", "soft")]),
        ({"crete": 0.60}, []),
        ({"acuity": 0.189, "crete": 0.601}, [("BLUR", "hard")]),
        ({"acuity": 0.19, "crete": 0.601}, [("BLUR", "soft")]),
    ],
)
def test_face_boundaries(change: dict[str, float], expected: list[tuple[str, str]]) -> None:
    assert seen(judge_portrait(replace(PORTRAIT, face=replace(FACE, **change)))) == expected


def test_a_refused_share_never_reads_like_the_limit() -> None:
    (background,) = [c for c in judge_portrait(replace(PORTRAIT, white=0.9499)) if c.name == "background"]
    assert "94%" in background.text


@pytest.mark.parametrize(
    ("change", "can"),
    [
        ({"white": 0.2}, True),
        ({"white": 0.2, "texture": 0.06}, True),
        ({"white": 0.2, "texture": 0.061}, False),
        ({"white": 0.2, "softness": 5.0}, True),
        ({"white": 0.2, "softness": 5.01}, False),
        ({"white": 0.2, "texture": None, "softness": None}, False),
        ({"white": 0.96}, False),
        ({"white": 0.2, "faces": 2}, False),
        ({"white": 0.2, "bright_end": 60}, False),
    ],
)
def test_white_is_offered_only_when_nothing_else_is_wrong_and_the_wall_is_plain(
    change: dict[str, float], can: bool
) -> None:
    measured = replace(PORTRAIT, **change)
    checks = judge_portrait(measured)
    assert can_be_whitened(checks, measured) == can
    if can:
        assert seen(with_white_offered(checks)) == [("PHOTO_BG", "soft")]


def test_what_was_done_has_its_words() -> None:
    assert set(STEP_WORDS) == set(Step)


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
        ({"fill": 0.599}, [("FILL", "soft")]),
        ({"fill": 0.60}, []),
        ({"glare": 0.0041}, [("GLARE", "soft")]),
        ({"glare": 0.004}, []),
    ],
)
def test_page_boundaries(change: dict[str, float], expected: list[tuple[str, str]]) -> None:
    assert seen(judge_page(PhotoKind.DIPLOMA, replace(PAGE, **change))) == expected


@pytest.mark.parametrize("kind", [kind for kind in PhotoKind if kind is not PhotoKind.PORTRAIT])
def test_a_print_out_only_warns_where_it_may_be_the_original(kind: PhotoKind) -> None:
    severity = "soft" if kind in {PhotoKind.SCORE_SHEET, PhotoKind.CONSENT} else "hard"
    assert seen(judge_page(kind, replace(PAGE, coloured=0.0))) == [("COPY", severity)]
    assert (page_limits(kind) is PRINTED_LIMITS) == (severity == "soft")


def test_the_other_side_of_a_card_warns() -> None:
    back = replace(PAGE, looks_like=PhotoKind.ID_BACK)
    assert seen(judge_page(PhotoKind.ID_FRONT, back)) == [("ID_SIDE", "soft")]
    assert seen(judge_page(PhotoKind.ID_BACK, back)) == []


def test_a_portrait_has_no_page_limits() -> None:
    with pytest.raises(ValueError, match="portrait"):
        page_limits(PhotoKind.PORTRAIT)


def test_all_faults_are_told_at_once() -> None:
    bad = replace(PAGE, width=500, height=300, bright_end=20, acuity=0.1, coloured=0.0)
    assert seen(judge_page(PhotoKind.ID_BACK, bad)) == [
        ("SMALL", "hard"),
        ("BLUR", "hard"),
        ("COPY", "hard"),
        ("DARK", "hard"),
    ]


BLUR = Fault(FaultCode.BLUR, "soft", 0.3, 0.32, "。")
SIZE = Fault(FaultCode.PHOTO_SIZE, "soft", 1, 2, "。")
COPY = Fault(FaultCode.COPY, "hard", 0, 0.003, "。")


@pytest.mark.parametrize(
    ("faults", "remaining", "outcome"),
    [
        ((), (), "accept"),
        ((BLUR,), (BLUR,), "accept"),
        ((SIZE,), (), "fixable"),
        ((SIZE, BLUR), (BLUR,), "fixable"),
        ((SIZE, COPY), (), "reject"),
        (faults_of([too_little_content(9_000)]), (), "reject"),
    ],
)
def test_the_outcome_follows_what_storing_repairs(
    faults: tuple[Fault, ...], remaining: tuple[Fault, ...], outcome: str
) -> None:
    assert outcome_of(faults, remaining) == outcome


def test_the_stored_size_reads_in_the_manuals_unit() -> None:
    assert stored_size(300_000).text == "293 K（要求 150–300 K）"


def any_share() -> st.SearchStrategy[float]:
    return st.floats(0, 1)


@given(
    st.builds(
        PortraitMeasures,
        width=st.integers(16, 20_000),
        height=st.integers(16, 20_000),
        bright_end=st.floats(0, 255),
        contrast=st.floats(0, 255),
        faces=st.integers(1, 9),
        face=st.none()
        | st.builds(
            FaceMeasures,
            width=st.floats(1, 20_000),
            share=st.floats(0, 2),
            centre=st.floats(-1, 2),
            outside_side=any_share(),
            outside_top=any_share(),
            median=st.floats(0, 255),
            clipped=any_share(),
            acuity=st.floats(0, 20),
            crete=any_share(),
        ),
        white=st.none() | any_share(),
        texture=st.none() | any_share(),
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
    for checks in (judge_portrait(portrait), judge_page(kind, page)):
        faults = faults_of(checks)
        assert all(check.text and check.label for check in checks)
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

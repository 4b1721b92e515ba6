"""`make photos-report`: precision and recall of every check on the labelled pictures, written to docs/photos.md."""

import argparse
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.labelled import Case, cases
from core.domain.photos import FaultCode, PhotoKind, PhotoRefused

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "photos.md"
BEGIN, END = "<!-- table: made by make photos-report -->", "<!-- end of table -->"
NEIGHBOURS: dict[str, tuple[str, ...]] = {
    FaultCode.FACE_CUT: (FaultCode.FACE_NONE,),
    FaultCode.BRIGHT: (FaultCode.FACE_NONE, FaultCode.FADED),
    FaultCode.DARK: (FaultCode.FACE_NONE, FaultCode.FADED),
}
"""Half a face may no longer be found as one, and what is burnt out has neither face nor contrast: refused all the same."""
BY_THE_WAY = {FaultCode.PHOTO_SIZE, FaultCode.TURNED, FaultCode.FORMAT}


@dataclass(frozen=True)
class Seen:
    """What the checks said of one case: severity by code."""

    name: str
    portrait: bool
    origin: str
    fault: str | None
    found: dict[str, str]


def main() -> None:
    """Judge the set and write the tables."""
    options = argparse.ArgumentParser(prog="photos-report")
    options.add_argument("--share", type=int, default=1, help="every n-th picture only; nothing is written then")
    chosen = options.parse_args()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        seen = list(pool.map(_judge, range(len(list(cases(chosen.share)))), [chosen.share] * 10**6, chunksize=8))
    text = report(seen)
    print(text)
    for each in surprises(seen):
        print(each)
    if chosen.share == 1:
        before, rest = TARGET.read_text("utf-8").split(BEGIN)
        TARGET.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", "utf-8")


def judge(case: Case) -> Seen:
    """Every fault of one case."""
    from core.imaging.pipeline import process

    try:
        faults = process(case.data(), case.kind).verdict.faults
    except PhotoRefused as refused:
        faults = (refused.as_fault(),)
    found: dict[str, str] = {str(fault.code): fault.severity for fault in faults if fault.code not in BY_THE_WAY}
    return Seen(case.name, case.kind is PhotoKind.PORTRAIT, case.origin, case.fault, found)


def report(seen: Sequence[Seen]) -> str:
    """Two tables in Markdown, one of portraits and one of cards and certificates."""
    parts = []
    for title, portrait in (("Portraits", True), ("Cards and certificates", False)):
        mine = [each for each in seen if each.portrait is portrait]
        good = [each for each in mine if each.fault is None]
        wrongly = [each for each in good if "hard" in each.found.values()]
        parts.append(
            f"### {title}\n\n{len(good)} good pictures, {len(wrongly)} of them refused "
            f"({len(wrongly) / len(good):.1%}); {len(mine) - len(good)} bad ones.\n\n"
            "| Check | Bad pictures (real) | Caught | of these refused | Recall | Good ones warned | Good ones refused | Precision |\n"
            "|---|---|---|---|---|---|---|---|\n" + "\n".join(_lines(mine, good))
        )
    return "\n\n".join(parts)


def _lines(mine: Iterable[Seen], good: Sequence[Seen]) -> list[str]:
    bad: dict[str, list[Seen]] = defaultdict(list)
    for each in mine:
        if each.fault is not None:
            bad[each.fault].append(each)
    warned = Counter(code for each in good for code, severity in each.found.items() if severity == "soft")
    refused = Counter(code for each in good for code, severity in each.found.items() if severity == "hard")
    lines = []
    for code, those in sorted(bad.items()):
        names = {code, *NEIGHBOURS.get(code, ())}
        real = sum(each.origin == "real" for each in those)
        caught = sum(bool(names & each.found.keys()) for each in those)
        hard = sum(any(each.found.get(name) == "hard" for name in names) for each in those)
        alarms = caught + warned[code] + refused[code]
        precision = f"{caught / alarms:.1%}" if alarms else "—"
        lines.append(
            f"| {code} | {len(those)} ({real}) | {caught} | {hard} | {caught / len(those):.1%} "
            f"| {warned[code]} of {len(good)} | {refused[code]} of {len(good)} | {precision} |"
        )
    return lines


def surprises(seen: Iterable[Seen]) -> list[str]:
    """What went against its label, for whoever tunes a threshold."""
    missed = [
        f"missed: {each.name} → {each.found}"
        for each in seen
        if each.fault and not each.found.keys() & {each.fault, *NEIGHBOURS.get(each.fault, ())}
    ]
    wrong = [
        f"refused: {each.name} → {each.found}" for each in seen if not each.fault and "hard" in each.found.values()
    ]
    return missed + wrong


def _judge(index: int, share: int) -> Seen:
    return judge(list(cases(share))[index])


if __name__ == "__main__":
    main()

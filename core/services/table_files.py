"""Reading and writing the tables that administrators exchange: Excel (.xlsx) and CSV.

A file is judged by its first bytes, never by its name. Cells come back as text, so a code keeps its leading zeros;
what goes out is text, too, with formula prefixes escaped (domain.md §9).
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.text import escape_formula

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 60 * 1024 * 1024
"""An .xlsx is a zip: a few kilobytes can unpack to gigabytes."""
MOST_ROWS = 20_000
MOST_COLUMNS = 60
LONGEST_CELL = 2_000

_OTHER_KINDS = (
    (b"\xd0\xcf\x11\xe0", "这是旧版 Excel（.xls）或其他 Office 文件，请用 Excel 另存为「.xlsx」后再导入。"),
    (b"%PDF", "这是 PDF 文件，请改用 Excel（.xlsx）或 CSV 文件。"),
    (b"\xff\xd8\xff", "这是图片，请改用 Excel（.xlsx）或 CSV 文件。"),
    (b"\x89PNG", "这是图片，请改用 Excel（.xlsx）或 CSV 文件。"),
    (b"\xff\xfe", "这个文本文件是 UTF-16 编码，请另存为「CSV UTF-8」后再导入。"),
    (b"\xfe\xff", "这个文本文件是 UTF-16 编码，请另存为「CSV UTF-8」后再导入。"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One filled row: its number as the spreadsheet counts it, and its cells by header."""

    number: int
    cells: Mapping[str, str]


def read_table(
    data: bytes, *, required: Sequence[str], known: Sequence[str], aliases: Mapping[str, str] | None = None
) -> tuple[Line, ...]:
    """The rows below the header. `aliases` maps other spellings of a header to ours; unknown columns are left out.

    Raises InvalidInput with one sentence for `file`: empty, too large, wrong kind, damaged, a header missing or twice.
    """
    if not data:
        raise _refuse("文件是空的，请重新选择。")
    if len(data) > MOST_BYTES:
        raise _refuse(
            f"文件有 {len(data) / 1024 / 1024:.1f} MB，最多 {MOST_BYTES // 1024 // 1024} MB，请删减后再导入。"
        )
    grid = _read_xlsx(data) if data.startswith(b"PK\x03\x04") else _read_csv(data)
    filled = [(number, row) for number, row in enumerate(grid, start=1) if any(row)]
    if not filled:
        raise _refuse("文件里没有内容，请核对后重新选择。")
    headers = _headers(filled[0][1], required, known, aliases or {})
    return tuple(Line(number, _by_header(headers, row)) for number, row in filled[1:])


def write_xlsx(sheet: str, headers: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """An Excel file; text stays text (numbers as numbers), so that Excel turns no code into a float or a date."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "bg_color": "#E6F0EC", "border": 1})
        text = book.add_format({"num_format": "@"})
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        widths = [len(header) * 2 + 2 for header in headers]
        for column, header in enumerate(headers):
            page.write_string(0, column, header, head)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    page.write_number(line, column, value)
                else:
                    page.write_string(line, column, escape_formula(value), text)
                    widths[column] = max(widths[column], min(60, len(value) * 2 + 2))
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
    return stream.getvalue()


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """A CSV that Excel opens in Chinese (UTF-8 with its mark), formula prefixes escaped."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(headers)
    writer.writerows([escape_formula(v) if isinstance(v, str) else v for v in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def _read_csv(data: bytes) -> list[list[str]]:
    for magic, sentence in _OTHER_KINDS:
        if data.startswith(magic):
            raise _refuse(sentence)
    text = _decoded(data)
    if "\x00" in text:
        raise _refuse("这不是表格文件，请改用 Excel（.xlsx）或 CSV 文件。")
    first = text.partition("\n")[0]
    separator = "\t" if "\t" in first and "," not in first else ","
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            rows.append(_checked([_unescaped(cell) for cell in row], len(rows) + 1))
    except csv.Error as error:
        raise _refuse("CSV 文件的格式有问题（可能有未成对的引号），请用 Excel 打开核对后另存。") from error
    return rows


def _decoded(data: bytes) -> str:
    """UTF-8, or the GB 18030 that Excel in Chinese saves a plain CSV in."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refuse("文件的文字编码无法识别，请用 Excel 另存为「CSV UTF-8」后再导入。")


def _read_xlsx(data: bytes) -> list[list[str]]:
    import openpyxl

    damaged = "Excel 文件已损坏或不是 .xlsx 表格，请用 Excel 重新保存后再导入。"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise _refuse("Excel 文件解开后过大，请只保留需要的工作表和行。")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            rows: list[list[str]] = []
            for values in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
                rows.append(_checked([_unescaped(_cell_text(v)) for v in values], len(rows) + 1))
            return rows
        finally:
            book.close()
    except InvalidInput:
        raise
    except Exception as error:
        # openpyxl raises nearly anything over a foreign zip; to the administrator all of it means the same.
        raise _refuse(damaged) from error


def _checked(row: list[str], number: int) -> list[str]:
    if number > MOST_ROWS + 1:
        raise _refuse(f"行数超过 {MOST_ROWS} 行，请分成几个文件导入。")
    if len(row) > MOST_COLUMNS:
        raise _refuse(f"第 {number} 行超过 {MOST_COLUMNS} 列，请只保留模板中的列。")
    if any(len(cell) > LONGEST_CELL for cell in row):
        raise _refuse(f"第 {number} 行有单元格超过 {LONGEST_CELL} 个字，请核对。")
    return row


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _unescaped(cell: str) -> str:
    """Take back what `escape_formula` put in front, so that what was exported comes home unchanged."""
    text = cell.strip()
    rest = text.removeprefix("'")
    return rest if rest != text and escape_formula(rest) == text else text


def _headers(
    row: Sequence[str], required: Sequence[str], known: Sequence[str], aliases: Mapping[str, str]
) -> list[str]:
    names = [aliases.get(cell.lower(), cell) for cell in row]
    for name in known:
        if names.count(name) > 1:
            raise _refuse(f"表头「{name}」出现了两次，请只保留一列。")
    missing = [name for name in required if name not in names]
    if missing:
        raise _refuse(f"第一行缺少表头：{'、'.join(missing)}。请下载模板，按模板的表头填写。")
    return [name if name in known else "" for name in names]


def _by_header(headers: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    return {header: cell for header, cell in zip(headers, row, strict=False) if header}


def _refuse(sentence: str) -> InvalidInput:
    return InvalidInput({"file": sentence})

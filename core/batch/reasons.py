"""Why a row of a batch is refused or left out: one sentence each, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from core.contract.fields import Level
from core.errors import FaceDeskError, LowQuality, ParameterError
from core.fiqa.report import Report, Text


@dataclass(frozen=True, slots=True)
class Reason:
    """A status in capitals and its sentences; ``zh`` is empty where the status says it all."""

    status: str
    en: str
    zh: str = ""


_TEXTS = {
    "ENTRY_OUTSIDE": Text(
        "The name leads out of the archive; use plain names.",
        "文件名指向压缩包之外；请使用普通文件名。",
    ),
    "ENTRY_TWICE": Text(
        "This name stands more than once in the archive: which one is meant is not clear.",
        "压缩包中有多个同名文件，无法确定是哪一个。",
    ),
    "ENTRY_ENCRYPTED": Text(
        "The entry is protected by a password; pack it without one.",
        "该文件有密码保护；请不加密码重新打包。",
    ),
    "ENTRY_NESTED": Text(
        "An archive inside the archive is not opened; unpack it first.",
        "不打开压缩包里的压缩包；请先解压。",
    ),
    "ENTRY_METHOD": Text(
        "The entry is packed in a way that cannot be read here; pack it as an ordinary ZIP.",
        "该文件的压缩方式无法读取；请打包成普通 ZIP。",
    ),
    "ENTRY_DAMAGED": Text(
        "The entry is damaged or cut off; pack it again.",
        "该文件已损坏或不完整；请重新打包。",
    ),
    "ENTRY_LINK": Text(
        "This is a link or no ordinary file; put the photo itself there.",
        "这是链接或不是普通文件；请放入照片本身。",
    ),
    "ENTRY_TOO_LARGE": Text(
        "The photo has {mb:.1f} MB, the limit is {limit:g} MB.",
        "照片为 {mb:.1f} MB，上限为 {limit:g} MB。",
    ),
    "BATCH_TOO_LARGE": Text(
        "The photos before this one add up to the limit of {limit:g} MB; split the batch.",
        "前面的照片总量已达上限 {limit:g} MB；请分批处理。",
    ),
    "NOT_A_PHOTO": Text(
        "This is not a photo by its name (JPEG, PNG, WebP, BMP).",
        "按文件名这不是照片（JPEG、PNG、WebP、BMP）。",
    ),
    "UNKNOWN_PERSON": Text(
        "Nobody is registered under the id {id}; ids are case-sensitive.",
        "没有编号为 {id} 的人员；编号区分大小写。",
    ),
    "WHICH_PHOTO": Text(
        "{id} has {count} registered photos: say which one, as {id}_1, {id}_2 … in the file's name "
        "or with a CSV.",
        "{id} 有 {count} 张注册照片：请用文件名 {id}_1、{id}_2…… 或 CSV 指明要替换哪一张。",
    ),
    "NO_SUCH_PLACE": Text(
        "{id} has {count} registered photo(s), there is no number {number}.",
        "{id} 有 {count} 张注册照片，没有第 {number} 张。",
    ),
    "SAME_PLACE": Text(
        "Several files are meant for this photo: {files}.",
        "有多个文件要替换同一张照片：{files}。",
    ),
    "NOT_IN_CSV": Text("The CSV does not name this file.", "CSV 中没有这个文件。"),
    "NO_SUCH_FILE": Text(
        "There is no file of this name beside the CSV's row {line}.",
        "找不到 CSV 第 {line} 行所写的文件。",
    ),
    "FILE_NOT_CLEAR": Text(
        "Several files fit the name in the CSV's row {line}; write it with its folder.",
        "有多个文件符合 CSV 第 {line} 行的名称；请写上文件夹。",
    ),
    "CSV_ROW": Text(
        "The CSV's row {line} lacks {what}.",
        "CSV 第 {line} 行缺少 {what}。",
    ),
    "CSV_INDEX": Text(
        "register_image_index in the CSV's row {line} must be a whole number from 0 on.",
        "CSV 第 {line} 行的 register_image_index 必须是从 0 开始的整数。",
    ),
    "ALREADY_THERE": Text(
        "{id} is registered already; replace the photo instead, alone or in a batch.",
        "{id} 已登记；请改为替换照片（单张或批量）。",
    ),
    "NO_SUCH_GROUP": Text(
        "There is no permission group {name}; create it first.",
        "没有权限组 {name}；请先创建。",
    ),
    "EXT_INFO": Text(
        "ext_info is no JSON object, such as {example}.",
        "ext_info 不是 JSON 对象，例如 {example}。",
    ),
    "KEPT_COPY": Text(
        "The copy of the photo that was kept for this batch is gone or changed; start a new batch.",
        "为本批次保存的照片副本已丢失或被改动；请新建批次。",
    ),
    "CSV_SIZE": Text("The CSV is over the limit of {mb:.0f} MB.", "CSV 超过上限 {mb:.0f} MB。"),
    "CSV_NO_TEXT": Text(
        "The CSV is no text in UTF-8 or GBK; save it again as CSV (UTF-8).",
        "CSV 不是 UTF-8 或 GBK 文本；请另存为 CSV（UTF-8）。",
    ),
    "CSV_BROKEN": Text(
        "The CSV cannot be read; save it again as CSV (UTF-8).",
        "无法读取 CSV；请另存为 CSV（UTF-8）。",
    ),
    "CSV_EMPTY": Text("The CSV is empty.", "CSV 是空的。"),
    "CSV_COLUMNS": Text(
        "The CSV lacks the column {missing}; it needs {needed}, and may have {which}. "
        "Found: {found}.",
        "CSV 缺少列 {missing}；需要 {needed}，还可以有 {which}。现有列：{found}。",
    ),
    "CSV_TWICE": Text(
        "The CSV has the column {names} more than once.", "CSV 中列 {names} 出现多次。"
    ),
    "CSV_ROWS": Text(
        "The CSV has {count} rows, a batch may have {most}.",
        "CSV 有 {count} 行，一个批次最多 {most} 行。",
    ),
    "NOT_A_ZIP": Text(
        "This is not a ZIP file, or it is damaged or cut off; pack the photos again.",
        "这不是 ZIP 文件，或已损坏、不完整；请重新打包照片。",
    ),
    "TOO_MANY": Text(
        "A batch may hold {most} files; split it, or raise FACEDESK_MAX_BATCH_PHOTOS.",
        "一个批次最多 {most} 个文件；请分批，或提高 FACEDESK_MAX_BATCH_PHOTOS。",
    ),
    "NO_SOURCE": Text(
        "There is no such folder or ZIP file, or it cannot be read.",
        "没有这样的文件夹或 ZIP 文件，或无法读取。",
    ),
    "NO_PHOTOS": Text("There is no file in it.", "里面没有文件。"),
    "BATCH_OVER": Text(
        "This batch was run to its end or undone; start a new one.",
        "此批次已运行完毕或已撤销；请新建批次。",
    ),
    "NOTHING_TO_UNDO": Text("There is nothing of this batch to undo.", "此批次没有可撤销的内容。"),
    "CHANGED_SINCE": Text(
        "The photo was changed again since; what stands there now was left alone.",
        "此后照片又被更改；现有照片保持不变。",
    ),
    "ENDED_BEFORE": Text(
        "Left out: the batch was ended before this row.",
        "未处理：批次在此行之前已结束。",
    ),
    "CHOICE_MISSING": Text(
        "Left out: going on here takes an explicit choice.",
        "未处理：继续需要明确选择。",
    ),
}


def reason(status: str, **values: object) -> Reason:
    """The reason of this status, its sentences filled in."""
    text = _TEXTS[status]
    return Reason(status, text.en.format(**values), text.zh.format(**values))


def reason_of(error: FaceDeskError) -> Reason:
    """An error as a reason; a refusal for quality says in both languages what to do."""
    report, level = error.details.get("report"), error.details.get("level")
    if isinstance(error, LowQuality) and isinstance(report, Report) and level:
        return quality_reason(report, level) or Reason(error.status, error.message)
    return Reason(error.status, error.message)


def quality_reason(report: Report, level: Level) -> Reason | None:
    """Why a photo fails at this level; None when it passes."""
    if report.passes(level):
        return None
    items = report.reasons(level) or report.failed(level)
    texts = [item.text_at(level) for item in items]
    return Reason(
        LowQuality.status, "; ".join(text.en for text in texts), "；".join(t.zh for t in texts)
    )


def problem(status: str, **values: object) -> ParameterError:
    """The error for a whole batch that cannot be, in both languages."""
    text = _TEXTS[status]
    return ParameterError(text.en.format(**values), zh=text.zh.format(**values))


class RowRefused(Exception):  # noqa: N818 - one row of many, not an error of the whole
    """A row that cannot go on, with its reason."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.status)
        self.reason = why

"""What was said and done in the year of the demonstration, in both languages."""

from __future__ import annotations

VISITS = (
    ("visit", "走访老年住户，了解就餐和就医困难", "Called on older residents about meals and care"),
    ("survey", "调查公交末班车时间，收回问卷36份", "Asked about the last bus: 36 answers"),
    ("visit", "到车间听取务工人员意见", "Listened to people in the workshop"),
    ("training", "参加代表履职培训", "Took part in training for representatives"),
    ("survey", "查看河道保洁情况并拍照记录", "Looked at the river banks and took photographs"),
)
# drawing, what it shows
SEEN = (
    ("river", "清理后的河道 · The river after it was cleaned"),
    ("hall", "社区活动室 · The hall of the community"),
)
BROKEN = "小桥护栏缺了几根 · Rails of the bridge are missing"
MENDED = "修好的护栏 · The rail, mended"
NOT_OURS = "不属于本组职责，请转主办单位。 · Not our work: please send it to the body in charge."
PROMISES = (
    ("推动第三组小桥护栏修复", "Have the rails of the bridge at group three mended"),
    (
        "每季度在活动室公开一次办理进度",
        "Put up the progress of all matters in the hall each quarter",
    ),
    ("促成社区晚间助餐点", "Bring about an evening meal point in the community"),
    ("推动公交末班车延后半小时", "Have the last bus leave half an hour later"),
)
ANSWERS = (
    "已到现场核实，本周内安排处理，完成后电话告知。\n"
    "We have looked at it on site; it will be dealt with this week and we shall ring you.",
    "已经处理完毕，照片已存档，如有问题可在本系统提出异议。\n"
    "This is done, with photographs on file. If anything is amiss, please dispute it here.",
    "已列入本季度计划，费用已落实。\nIt is in the plan of this quarter and paid for.",
)
ABSENT = ("illness", "official_duty", "family")

"""Headers and words of Chinese spreadsheets, and the fields and codes they stand for. Pure."""

from __future__ import annotations

from typing import Final

HEADERS: Final = {
    "title": ("标题", "诉求标题", "主题"),
    "text": ("内容", "诉求内容", "正文", "问题描述"),
    "address": ("地址", "诉求地址", "事发地址", "地点"),
    "point.lon": ("经度",),
    "point.lat": ("纬度",),
    "point.datum": ("坐标系",),
    "grid_code": ("网格", "网格编码", "网格代码"),
    "category": ("类别", "诉求类别", "类别代码"),
    "urgency": ("紧急程度", "缓急"),
    "occurred_at": ("发生时间", "事发时间"),
    "requester.name": ("来电人", "诉求人", "姓名", "联系人"),
    "requester.phone": ("电话", "联系电话", "来电号码", "手机号"),
    "requester.anonymous": ("匿名",),
    "requester.on_behalf_of": ("代谁反映", "代填对象"),
    "requester.resident_phone": ("居民电话", "本人电话"),
    "requester.spoken_with": ("与谁确认",),
    "requester.consent": ("已征得同意", "同意"),
    "accused": ("被反映单位", "被举报方"),
    "confidential": ("保密",),
    "attachments": ("附件",),
    "external_id": ("外部编号", "原编号", "工单编号"),
    "repeat_of": ("重复于", "重复工单"),
    "decline.reason": ("不予受理原因",),
    "decline.door": ("建议途径",),
    "settled.unit": ("办结单位",),
    "settled.result": ("办结结果",),
    "settled.note": ("办结说明",),
    "settled.no_proof": ("无照片原因",),
    "channel": ("渠道", "来源", "诉求来源"),
    "kind": ("类型", "诉求类型"),
}
"""Field of the body to the Chinese headers that mean it."""

WORDS: Final = {
    "channel": {
        "热线": "hotline", "12345": "hotline", "电话": "hotline", "走访": "visit", "来访": "visit",
        "巡查": "patrol", "微信": "wechat", "网站": "web", "网络": "web", "接待": "reception",
        "来信": "mail", "信件": "mail", "导入": "import",
    },
    "kind": {
        "投诉": "complaint", "举报": "report", "求助": "help", "咨询": "enquiry", "建议": "suggestion",
        "表扬": "praise",
    },
    "urgency": {"特急": "critical", "紧急": "urgent", "一般": "normal", "普通": "normal", "复杂": "complex"},
    "settled.result": {
        "解决": "solved", "已解决": "solved", "部分解决": "partly", "解释": "explained", "无法解决": "unable",
    },
}  # fmt: skip
"""Field to what people write there and the code it means; other words go on as they stand."""


FIELDS: Final = tuple(HEADERS)
"""Every field of a complaint's body, dotted where it is nested."""
MEANING: Final = {name: field for field, names in HEADERS.items() for name in (field, *names)}
"""Header to field, Chinese and English."""

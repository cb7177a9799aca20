"""The sentences a receipt is told in, Chinese and English. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    # Where.
    "where": ("地点：{area}（{how}）。", "Where: {area} ({how})."),
    "where_unknown": ("地点：没有听出在哪里。", "Where: no place was recognised."),
    "where_owner_only": (
        "地点：没有听出是哪个网格，只认出这里归{owner}管。",
        "Where: no grid was recognised, only a place that {owner} looks after.",
    ),
    "place_given": ("登记时选定的网格", "the grid chosen at filing"),
    "place_read": ("听到{names}", "from {names}"),
    "place_point": ("地图坐标", "the point on the map"),
    "place_read_and_point": ("听到{names}和地图坐标", "from {names} and the point on the map"),
    "place_contradicted": ("；{names}对不上", "; {names} does not fit"),
    "place_datum": (
        "；坐标按{datum}读才对得上",
        "; the point fits when read as {datum}",
    ),
    "place_near_border": ("；挨着网格边界", "; near the border of a grid"),
    "place_several": (
        "；也许是{readings}",
        "; it may be {readings}",
    ),
    "owner": ("这里由{owner}专管。", "The place itself is looked after by {owner}."),
    "owner_answers": (
        "这里由{owner}专管，这类事归它。",
        "The place itself is looked after by {owner}, which answers for this kind of matter.",
    ),
    "owner_does_not": (
        "这里由{owner}专管，但目录没有把这类事交给专管单位。",
        "The place itself is looked after by {owner}, to whom the catalogue gives other matters.",
    ),
    # What.
    "what": (
        "事项：{category}（{how}）；紧急程度：{urgency}。",
        "What: {category} ({how}); {urgency}.",
    ),
    "what_unknown": ("事项：没有听出是哪一类。", "What: no category was recognised."),
    "category_given": ("登记时选定的类别", "the category chosen at filing"),
    "category_read": ("听到{words}，把握{share}%", "from {words}, {share}% sure"),
    "category_read_unsure": ("听到{words}，拿不准", "from {words}, not sure"),
    "category_sure": ("把握{share}%", "{share}% sure"),
    "category_unsure": ("拿不准", "not sure"),
    "category_next": ("，其次像{next}", "; next {next}"),
    # Who.
    "dispatched": ("派给：{unit}。", "To: {unit}."),
    "assisted": ("派给：{unit}主办，{assists}协办。", "To: {unit}; {assists} assist."),
    "stands_in": (
        "{unit}此刻无人可联系，由{deputy}代办。",
        "Nobody of {unit} can be reached; {deputy} stands in.",
    ),
    "coordinates": (
        "它是首接单位，以后转给别的单位也由它牵头协调。",
        "It was the first to receive it and goes on coordinating, whoever holds it later.",
    ),
    "triaged": (
        "先到{unit}，请人看过再派：{why}",
        "To {unit} first, where a person decides: {why}",
    ),
    # By which rule.
    "rule": (
        "依据：派单目录{rule}，由{lead}负责。",
        "By: the catalogue's row {rule}: {lead}.",
    ),
    "rule_sourced": (
        "依据：派单目录{rule}，由{lead}负责（出处：{source}）。",
        "By: the catalogue's row {rule}: {lead} (source: {source}).",
    ),
    "rule_in_doubt": (
        "目录的说法：{rule}，由{lead}负责。",
        "The catalogue says: row {rule}: {lead}.",
    ),
    "lead_is": ("{lead}，即{unit}", "{lead}, that is {unit}"),
    "rule_name": ("“{category}{scope}”", "“{category}{scope}”"),
    "rule_any": ("其他一切事项", "everything else"),
    "scope": ("，限{scope}", ", only {scope}"),
    # What nearly held.
    "misses": ("没有用上的规则：{misses}。", "Rows that did not hold: {misses}."),
    "miss_nobody_here": (
        "{rule}要找{lead}，这里没有",
        "{rule} asks for {lead}, and there is none here",
    ),
    "miss_place_too_shallow": (
        "{rule}要找{lead}，而地点还不够细",
        "{rule} asks for {lead}, and the place is not known well enough",
    ),
    "miss_nobody_reachable": (
        "{rule}的{lead}此刻无人可联系",
        "{rule} names {lead}, where nobody can be reached now",
    ),
    "miss_other_type": ("{rule}在这里不适用", "{rule} does not apply here"),
    "miss_other_area": ("{rule}在这里不适用", "{rule} does not apply here"),
    "miss_other_category": ("{rule}管的是另一类事", "{rule} is for another matter here"),
    # Ties to the accused.
    "tied": (
        "回避：被反映的是{accused}；{ties}。",
        "Conflict of interest: it is about {accused}; {ties}.",
    ),
    "untied": (
        "回避：被反映的是{accused}，已查以上单位与它无关。",
        "Conflict of interest: it is about {accused}; the units above have no tie to it.",
    ),
    # Who answers.
    "answers": ("应答：{post}{way}。", "Answers now: {post}{way}."),
    "answers_noted": ("应答：{post}{way}；{notes}。", "Answers now: {post}{way}; {notes}."),
    "answers_nobody": (
        "应答：{unit}此刻无人可联系。",
        "Answers now: nobody of {unit} can be reached.",
    ),
    "way_holder": ("", ""),
    "way_rota": ("（当前值班）", " (on the rota now)"),
    "way_deputy": ("（代理）", " (as deputy)"),
    "waits": ("（现在不在班，上班后办）", " (not at work now; it waits until then)"),
    "note_vacant": ("{post}空缺", "{post} is vacant"),
    "note_away": ("{post}不在岗", "{post} is away"),
    "note_no_phone": ("{post}没有电话", "{post} has no telephone"),
    "note_other_unit": ("{post}是别单位的，不能代签", "{post} is of another unit and cannot sign"),
    "note_off_duty": ("{post}此刻不值班", "{post} is not on the rota now"),
    "note_off_hours": ("{post}已下班，而事情等不得", "{post} is off work and it cannot wait"),
    "note_nobody": ("{post}无人可联系", "nobody of {post} can be reached"),
    # Whom else.
    "others": ("可以改派：{others}。", "It could go to: {others}."),
    "other_as_found": ("{unit}（目录的说法）", "{unit} (what the catalogue says)"),
    "other_other_category": ("{unit}（若是{category}）", "{unit} (if it is {category})"),
    "other_other_place": ("{unit}（若在{area}）", "{unit} (if it is in {area})"),
    "other_unit_above": ("{unit}（上一级）", "{unit} (the next unit up)"),
    # Why a person must look.
    "why_place_unknown": ("请问清在哪个小区、哪条路。", "ask which compound or road it is."),
    "why_place_unsure": (
        "地点再细一点才定得下谁负责，请问清是哪个小区、哪栋楼。",
        "who is responsible depends on the exact place; ask which compound or building it is.",
    ),
    "why_near_border": (
        "几个地方都说得通，归不同的单位管，请问清到底在哪一边。",
        "it may be in either of several places with different owners; ask on which side it is.",
    ),
    "why_category_unknown": ("请问清是什么事。", "ask what it is about."),
    "why_category_unsure": (
        "几类事都像，请问清是哪一类。",
        "it fits several categories; ask which it is.",
    ),
    "why_category_weak": (
        "听出的词太少，不敢断定是什么事。",
        "too few words say what it is about.",
    ),
    "why_no_owner": (
        "目录里没有能联系上的负责单位。",
        "the catalogue names nobody who can be reached.",
    ),
    "why_backstop": (
        "目录没有为这类事指定单位，只有兜底一行。",
        "the catalogue has no row for it but the last one.",
    ),
    "why_conflict_of_interest": (
        "按目录该办的单位须回避。",
        "the unit that would have it must not.",
    ),
    # Versions.
    "versions": (
        "版本：目录第{directory}版，{model}，回执第{form}版；{at}决定。",
        "Versions: directory {directory}, {model}, receipt {form}; decided {at}.",
    ),
    "model": ("类别模型{model}", "category model {model}"),
    "model_none": ("未用类别模型", "no category model"),
    "other_form": (
        "这份回执是旧格式（第{form}版），请看原始内容。",
        "This receipt has an older form ({form}); read it as it is.",
    ),
}
LEADS: Final[Mapping[str, tuple[str, str]]] = {
    "@owner": ("专管单位", "the special owner of the place"),
    "@grid": ("当地网格", "the grid team of the place"),
    "@property": ("物业公司（没有物业就是网格）", "the property company, else the grid team"),
    "@community": ("当地社区", "the community of the place"),
    "@subdistrict": ("当地街道", "the subdistrict of the place"),
}
TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "closed": ("封闭小区", "closed compounds"),
    "open": ("开放小区", "open compounds"),
    "unit_dormitory": ("单位宿舍", "unit dormitories"),
    "office": ("写字楼", "office buildings"),
}
URGENCIES: Final[Mapping[str, tuple[str, str]]] = {
    "critical": ("特急", "critical"),
    "urgent": ("紧急", "urgent"),
    "normal": ("一般", "normal"),
    "complex": ("复杂", "complex"),
}

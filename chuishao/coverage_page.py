"""The coverage proof as one page that stands alone: no script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from chuishao.coverage_report import share, summary
from kit.page import document

_STYLE: Final = """
body{font:14px/1.5 "Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;margin:2em;color:#1f2328}
h1{font-size:20px}h2{font-size:16px;margin-top:2em}
.verdict{padding:.6em 1em;border-radius:6px;background:#dafbe1}
.verdict.open{background:#ffebe9}
.wrap{overflow:auto;max-height:80vh;border:1px solid #d0d7de}
table{border-collapse:collapse}td,th{padding:3px 7px;border:1px solid #eaeef2;white-space:nowrap}
thead th{position:sticky;top:0;background:#f6f8fa;z-index:1}
tbody th{position:sticky;left:0;background:#fff;text-align:left;font-weight:400}
.n{text-align:right;color:#57606a}.c{text-align:center}
.a{background:#2da44e;color:#fff}.h{background:#9be9a8}.m{background:#ffdf5d}.l{background:#ff9b7b}
.z{background:#cf222e;color:#fff}
td.w{white-space:normal}
@media print{.wrap{max-height:none;overflow:visible}}
"""
_HIGH, _MIDDLE = 0.95, 0.5


def page(proof: Mapping[str, Any]) -> str:
    """The whole HTML document."""
    verdict = "verdict" if proof["whole"] else "verdict open"
    body = (
        f"<h1>覆盖证明 Coverage proof</h1><p class='{verdict}'>{escape(summary(proof))}</p>"
        f"<p>{escape(proof['at'])}</p>{_map(proof)}{_gaps(proof)}{_vacancies(proof['vacancies'])}"
        f"{_contacts(proof.get('contacts', ()))}"
    )
    return document("zh", "覆盖证明 Coverage", _STYLE, body) + "\n"


def _map(proof: Mapping[str, Any]) -> str:
    groups = proof["groups"]
    head = "".join(
        f"<th title='{_t(g['name'])}'>{_t(g['code'])}<br>{_t(g['name'])}</th>" for g in groups
    )
    rows = "".join(_row(one, groups) for one in proof["communities"])
    return (
        "<h2>社区 × 类别 Community x category</h2><div class='wrap'><table><thead><tr><th>社区</th>"
        f"<th>网格</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(one: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> str:
    cells = "".join(_cell(one, group) for group in groups)
    name = f"{_t(one['name'])} <small>{_t(one['code'])}</small>"
    return f"<tr><th>{name}</th><td class='n'>{one['grids']:,}</td>{cells}</tr>"


def _cell(one: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    total = one["grids"] * group["leaves"]
    held = total - one["missing"].get(group["code"], 0)
    part = held / total if total else 1.0
    shade = (
        "a"
        if part == 1
        else "h"
        if part > _HIGH
        else "m"
        if part > _MIDDLE
        else "l"
        if part
        else "z"
    )
    said = "✓" if part == 1 else share(held, total)
    title = f"{one['name']} {group['name']}: {held:,}/{total:,}"
    return f"<td class='c {shade}' title='{_t(title)}'>{said}</td>"


def _gaps(proof: Mapping[str, Any]) -> str:
    if not proof["gaps"]:
        return ""
    rows = "".join(
        f"<tr><td>{_t(g['community'])}</td><td class='n'>{g['grids']:,}</td>"
        f"<td class='w'>{_t('、'.join(g['categories']))}</td><td>{_t(g['unit'] or '—')}</td>"
        f"<td>{_t(g['day'])}</td><td class='w'>{_t(g['remedy'])}</td></tr>"
        for g in proof["gaps"]
    )
    return (
        f"<h2>缺口 Gaps ({proof['gap_count']:,})</h2><div class='wrap'><table><thead><tr><th>社区</th>"
        "<th>网格</th><th>类别</th><th>单位</th><th>自</th><th>怎么改 Remedy</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _vacancies(vacancies: Sequence[Mapping[str, Any]]) -> str:
    if not vacancies:
        return ""
    rows = "".join(
        f"<tr><td>{_t(v['day'])}</td><td>{_t(v['unit'])}</td><td>{_t(v['post'])}</td>"
        f"<td>{_t(v['role'])}</td><td>{_t(v['deputy'] or '—')}</td></tr>"
        for v in vacancies
    )
    return (
        "<h2>8 天内空缺的岗位 Posts vacant within 8 days</h2><table><thead><tr><th>日期</th><th>单位</th>"
        f"<th>岗位</th><th>角色</th><th>代理</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _contacts(contacts: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{_t(c['unit'])}</td><td>{_t(c['name'])}</td><td class='w'>{_t(c['why'])}</td></tr>"
        for c in contacts
        if c["stale"]
    )
    if not rows:
        return ""
    return (
        "<h2>久无回音的单位 Units that do not answer</h2><table><thead><tr><th>单位</th><th>名称</th>"
        f"<th>情况</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _t(text: object) -> str:
    return escape(str(text), quote=True)

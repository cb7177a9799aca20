"use strict";

const WORDS = {
  "complaint.received": ["受理", "received"],
  "complaint.declined": ["不予受理", "declined"],
  "complaint.callback_recorded": ["回访", "called back"],
  "complaint.withdrawn": ["撤回", "withdrawn"],
  "complaint.reopened": ["重新打开", "reopened"],
  "ticket.dispatched": ["派单", "dispatched"],
  "ticket.triaged": ["待分拨", "in triage"],
  "ticket.assisted": ["协办", "assisting"],
  "ticket.accepted": ["签收", "signed for"],
  "ticket.contacted": ["先行联系", "first contact"],
  "ticket.returned": ["退单", "returned"],
  "ticket.ruled": ["裁定", "ruled"],
  "ticket.held": ["挂账", "on hold"],
  "ticket.resumed": ["恢复办理", "resumed"],
  "ticket.extended": ["延期", "extended"],
  "ticket.handled": ["办结", "handled"],
  "ticket.rejected": ["退回重办", "proof refused"],
  "ticket.closed": ["结案", "closed"],
  "ticket.reopened": ["新一轮办理", "new round"],
  "ticket.declined": ["不予受理", "declined"],
  "ticket.merged": ["并单", "merged"],
  "ticket.unmerged": ["拆单", "unmerged"],
  "ticket.withdrawn": ["撤回", "withdrawn"],
  "ticket.reassigned": ["改派", "moved"],
  "ticket.recategorised": ["改类", "recategorised"],
  "ticket.urged": ["催办", "urged"],
  "ticket.supervised": ["督办", "supervised"],
  "whistle.blown": ["吹哨", "blown"],
  "whistle.refused": ["未准吹哨", "refused"],
  "whistle.issued": ["发哨", "issued"],
  "whistle.seen": ["已读哨", "seen"],
  "whistle.checked_in": ["报到", "checked in"],
  "whistle.arrived": ["到场", "on site"],
  "whistle.done": ["应哨办结", "done"],
  "whistle.declined": ["不应哨", "declined"],
  "whistle.no_show": ["未报到", "no show"],
  "whistle.resolved": ["销哨", "resolved"],
  "whistle.rated": ["评哨", "rated"],
  "whistle.cancelled": ["取消吹哨", "cancelled"],
  "clock.near_due": ["临期预警", "near due"],
  "clock.breached": ["超期", "overdue"],
  "escalation.raised": ["升级", "escalated"],
  "escalation.acknowledged": ["已知悉", "acknowledged"],
  "escalation.cleared": ["解除升级", "cleared"],
  "reception.queued": ["进入书记接待", "reception queue"],
  "reception.scheduled": ["排入接待日", "scheduled"],
  "reception.heard": ["已听取", "heard"],
  "reception.decided": ["已交办", "decided"],
  "reception.carried_over": ["结转", "carried over"],
  "reception.done": ["接待办结", "done"],
  "reception.withdrawn": ["退出接待", "withdrawn"],
  "issue.opened": ["热点形成", "hot issue"],
  "issue.joined": ["并入热点", "joined"],
  "issue.closed": ["热点销号", "closed"],
  "directory.published": ["目录发布", "directory"],
  "directory.uncovered": ["名录有缺口", "coverage gap"],
  "directory.covered": ["名录已补全", "covered again"],
};
const PLAIN = {
  "critical": ["特急", "critical"],
  "urgent": ["紧急", "urgent"],
  "normal": ["一般", "normal"],
  "complex": ["疑难", "complex"],
  "community": ["社区", "community"],
  "subdistrict": ["街道", "subdistrict"],
  "district": ["区", "district"],
  "overdue_l4": ["四级超期", "overdue at level 4"],
};
const KEPT = 200;
const lines = document.getElementById("lines");
const state = document.getElementById("state");
let english = false;
let since = 0;

function words(name) {
  const pair = WORDS[name];
  return pair ? pair[english ? 1 : 0] : name;
}

function say(zh, en, live) {
  state.dataset.zh = zh;
  state.dataset.en = en;
  state.textContent = english ? en : zh;
  state.classList.toggle("live", live);
}

function plain(code) {
  const pair = PLAIN[code];
  return pair ? pair[english ? 1 : 0] : code;
}

function detail(event) {
  if (event.sentence && !english) return event.sentence;
  const parts = [event.urgency, event.category, event.org, event.rule].map(plain);
  if (event.due_at) parts.push((english ? "due " : "应于 ") + when(event.due_at));
  if (event.level !== undefined) parts.unshift((english ? "level " : "层级 ") + plain(String(event.level)));
  return parts.filter(Boolean).join(" · ");
}

function when(time) {
  return new Date(time).toLocaleString("zh-CN", {
    hour12: false, timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
}

function fill(row, event) {
  const texts = [when(event.time), words(event.event), event.number || "", event.unit || "", detail(event)];
  row.replaceChildren(...texts.map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  }));
}

function show(event) {
  const row = document.createElement("tr");
  row.className = event.event.split(".")[0];
  row.event = event;
  fill(row, event);
  lines.prepend(row);
  while (lines.children.length > KEPT) lines.lastChild.remove();
  document.getElementById("empty").hidden = true;
}

function take(frame) {
  if (frame.startsWith("event: reset")) {
    since = 0;
    lines.replaceChildren();
    return;
  }
  const data = frame.split("\n").find((line) => line.startsWith("data: "));
  if (!data) return;
  const event = JSON.parse(data.slice(6));
  since = event.seq;
  show(event);
}

async function watch(token) {
  for (;;) {
    try {
      const answer = await fetch(`/api/v1/live?since=${since}`, { headers: { Authorization: `Bearer ${token}` } });
      if (answer.status === 401 || answer.status === 403) {
        sessionStorage.removeItem("token");
        document.querySelector("form").hidden = false;
        document.querySelector("main").hidden = true;
        say("令牌无效", "token refused", false);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      say("实时", "live", true);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const frames = (rest + value).split("\n\n");
        rest = frames.pop();
        frames.forEach(take);
      }
    } catch { /* the next round says so */ }
    say("正在重连", "reconnecting", false);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function begin(token) {
  sessionStorage.setItem("token", token);
  document.querySelector("form").hidden = true;
  document.querySelector("main").hidden = false;
  watch(token);
}

document.getElementById("sign-in").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  begin(document.getElementById("token").value.trim());
});
function speak(inEnglish) {
  english = inEnglish;
  localStorage.setItem("language", english ? "en" : "zh");
  document.documentElement.lang = english ? "en" : "zh-CN";
  document.title = english ? "Chuishao · live events" : "吹哨 · 实时事件";
  document.getElementById("language").textContent = english ? "中文" : "English";
  for (const part of document.querySelectorAll("[data-zh]")) part.textContent = english ? part.dataset.en : part.dataset.zh;
  for (const row of lines.children) fill(row, row.event);
}

document.getElementById("language").addEventListener("click", () => speak(!english));
speak(localStorage.getItem("language") === "en");
if (sessionStorage.getItem("token")) begin(sessionStorage.getItem("token"));

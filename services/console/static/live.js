"use strict";

const WORDS = {
  "complaint.received": ["受理", "received"], "complaint.declined": ["不予受理", "declined"],
  "ticket.dispatched": ["派单", "dispatched"], "ticket.triaged": ["待分拨", "in triage"],
  "ticket.assisted": ["协办", "assisting"], "ticket.accepted": ["签收", "signed for"],
  "ticket.contacted": ["先行联系", "first contact"], "ticket.handled": ["办结", "handled"],
  "ticket.closed": ["结案", "closed"], "ticket.urged": ["催办", "urged"],
  "ticket.supervised": ["督办", "supervised"], "ticket.reassigned": ["改派", "moved"],
  "clock.set": ["计时", "clock set"], "clock.stopped": ["停表", "clock stopped"],
  "clock.near_due": ["临期预警", "near due"], "clock.breached": ["超期", "overdue"],
  "escalation.raised": ["升级", "escalated"], "escalation.cleared": ["解除升级", "cleared"],
  "reception.queued": ["进入书记接待", "reception queue"], "directory.published": ["目录发布", "directory"],
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

function detail(event) {
  if (event.sentence) return event.sentence;
  const parts = [event.urgency, event.category, event.org, event.rule];
  if (event.level !== undefined) parts.unshift((english ? "level " : "层级 ") + event.level);
  return parts.filter(Boolean).join(" · ");
}

function show(event) {
  const row = document.createElement("tr");
  row.className = event.event.split(".")[0];
  const at = new Date(event.time).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
  for (const text of [at, words(event.event), event.number || "", event.unit || "", detail(event)]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    row.append(cell);
  }
  row.children[1].dataset.name = event.event;
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
document.getElementById("language").addEventListener("click", () => {
  english = !english;
  document.documentElement.lang = english ? "en" : "zh-CN";
  document.getElementById("language").textContent = english ? "中文" : "English";
  for (const part of document.querySelectorAll("[data-zh]")) part.textContent = english ? part.dataset.en : part.dataset.zh;
  for (const cell of document.querySelectorAll("td[data-name]")) cell.textContent = words(cell.dataset.name);
});
if (sessionStorage.getItem("token")) begin(sessionStorage.getItem("token"));

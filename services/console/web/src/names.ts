import { shallowReactive } from "vue";

import { get } from "@/api/http";

type Kind = "unit" | "area" | "category";

const AT_ONCE = 100;
const KEPT = "chuishao.names";
const KEPT_MOST = 500;
const known = shallowReactive(new Map<string, string>());
const wanted = new Set<string>();
let asking: ReturnType<typeof setTimeout> | undefined;

/** What a code is called in the city's directory; the code itself until the answer is here. */
const name = (kind: Kind, code: string | null | undefined): string => {
  if (!code || code === "_") return "";
  const id = `${kind}:${code}`;
  const found = known.get(id);
  if (found !== undefined) return found;
  wanted.add(id);
  asking ??= setTimeout(() => void ask(), 20);
  return code;
};

export const unitName = (code: string | null | undefined): string => name("unit", code);
/** The community and the grid, as people say it. */
export const areaName = (code: string | null | undefined): string => name("area", code);
export const categoryName = (code: string | null | undefined): string => name("category", code);

async function ask(): Promise<void> {
  asking = undefined;
  const some = [...wanted].slice(0, AT_ONCE);
  for (const id of some) wanted.delete(id);
  const codes = new URLSearchParams(some.map((id) => id.split(":", 2) as [string, string]));
  try {
    const found = await get<Record<Kind, Record<string, string>>>(`/api/v1/names?${codes}`);
    for (const id of some) {
      const [kind, code] = id.split(":", 2) as [Kind, string];
      known.set(id, found[kind][code] ?? code);
    }
    keep();
  } catch {
    const before = kept(); // else the code stays on the screen; the next page that shows it asks again
    for (const id of some) if (before[id] !== undefined) known.set(id, before[id]);
    return;
  }
  if (wanted.size) asking = setTimeout(() => void ask(), 0);
}

/** What was asked for last is kept for when there is no network. */
function keep(): void {
  const last = Object.entries({ ...kept(), ...Object.fromEntries(known) }).slice(-KEPT_MOST);
  try {
    localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(last)));
  } catch {
    localStorage.removeItem(KEPT);
  }
}

function kept(): Record<string, string> {
  try {
    return (JSON.parse(localStorage.getItem(KEPT) ?? "null") as Record<string, string> | null) ?? {};
  } catch {
    return {};
  }
}

/** A live list: snapshot, then upserts from the stream, for as long as the component lives. */

import {
  computed, onScopeDispose, ref, shallowRef, toValue, triggerRef, watch,
  type ComputedRef, type MaybeRefOrGetter, type Ref, type ShallowRef,
} from "vue"; // prettier-ignore

import { get, Problem, query, signedOut } from "@/api/http";
import { live, type LiveClient } from "./client";
import { serverNow, setServerTime, slept, ticker } from "./clock";
import { pause } from "./connection";
import type { Change, Frame } from "./frames";
import { beside, kindOf, usualId } from "./rows";

export type ViewState = "loading" | "live" | "stale" | "forbidden" | "failed";

interface Snapshot<R> {
  /** Left out where the view has its topic's name. */
  topic?: string;
  seq: number;
  now: string;
  rows?: R[];
}

export interface ViewOptions<R, X> {
  /** A row's id, the same the stream uses. */
  id?: (row: R) => string;
  /** Kinds of change that are rows of this list; for the console's own views they are known (rows.ts). */
  kinds?: readonly string[];
  /** Rows that are to stay: the stream also tells of what ended, which some snapshots leave out. */
  keep?: (row: R) => boolean;
  /** What a change of another kind makes of the rest of the answer. */
  fold?: (extra: X, change: Change) => X;
  /** Every change as it comes (a sound, a ticker); never for what the snapshot held. */
  heard?: (changes: Change<R>[]) => void;
  client?: LiveClient;
}

export interface LiveView<R, X> {
  rows: Readonly<ShallowRef<readonly R[]>>;
  byId: Readonly<ShallowRef<ReadonlyMap<string, R>>>;
  /** What the snapshot says besides its rows. */
  extra: Readonly<ShallowRef<X | null>>;
  state: ComputedRef<ViewState>;
  /** Seconds since the rows were known to be right; 0 while live. */
  age: ComputedRef<number>;
  /** Row ids that changed within the last ten seconds, and when (Unix ms by the server's clock). */
  changed: Readonly<ShallowRef<ReadonlyMap<string, number>>>;
  refetch: () => void;
}

const CHANGED_MS = 10_000;
/** A gap so long after the last one is a first one. */
const CALM_MS = 30_000;

/** `view` null or `params` null: nothing to show yet, stays loading. A change of either starts anew. */
export function useView<R extends object, X extends object = Record<string, unknown>>(
  view: MaybeRefOrGetter<string | null>,
  params: MaybeRefOrGetter<Record<string, string | undefined> | null> = {},
  options: ViewOptions<R, X> = {},
): LiveView<R, X> {
  const client = options.client ?? live();
  const idOf = options.id ?? usualId;
  const fold = options.fold ?? beside;
  const table = new Map<string, R>();
  /** The chain that told of a row last: another one's "gone" is older. */
  const teller = new Map<string, string>();
  const rows = shallowRef<readonly R[]>([]);
  const byId = shallowRef<ReadonlyMap<string, R>>(table);
  const extra: ShallowRef<X | null> = shallowRef(null);
  const changed = shallowRef<ReadonlyMap<string, number>>(new Map());
  const base = ref<"loading" | "ready" | "forbidden" | "failed">("loading");
  /** Server time, Unix ms, since which a refetch fails. */
  const behind: Ref<number> = ref(0);

  let unfollow = (): void => undefined;
  let control = new AbortController();
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let triedAt = -Infinity;

  const url = computed(() => {
    const path = toValue(view);
    const asked = toValue(params);
    if (path === null || asked === null) return null;
    return `/api/v1/${path}${query(asked)}`;
  });

  function stop(): void {
    unfollow();
    unfollow = () => undefined;
    control.abort();
    clearTimeout(waiting);
  }

  async function load(): Promise<void> {
    stop();
    const asked = url.value;
    if (asked === null) return;
    control = new AbortController();
    const { signal } = control;
    try {
      const snapshot = await get<Snapshot<R>>(asked, { signal });
      if (!signal.aborted) show(snapshot);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status === 403) forbid();
      else fail();
    }
  }

  function show({ topic, seq, now, rows: all = [], ...rest }: Snapshot<R>): void {
    setServerTime(now);
    clear();
    for (const row of all) table.set(idOf(row), row);
    extra.value = rest as unknown as X;
    publish();
    base.value = "ready";
    behind.value = 0;
    unfollow = client.follow(topic ?? toValue(view)!, seq, { frames: apply, restart: again, forbidden: forbid });
  }

  function clear(): void {
    table.clear();
    teller.clear();
    extra.value = null;
  }

  function publish(): void {
    rows.value = [...table.values()];
    triggerRef(byId);
  }

  function apply(frames: Frame[]): void {
    const now = serverNow();
    const marks = new Map([...changed.value].filter(([, at]) => now - at < CHANGED_MS));
    const kinds = options.kinds ?? [kindOf(toValue(view) ?? "")];
    const heard: Change<R>[] = [];
    let touched = false;
    for (const frame of frames) {
      for (const change of frame.events as Change<R>[]) {
        heard.push(change);
        if (!kinds.includes(change.kind)) extra.value &&= fold(extra.value, change);
        else if (put(change, frame.topic)) {
          touched = true;
          marks.set(change.id, now);
        }
      }
    }
    if (touched) {
      changed.value = marks;
      publish();
    }
    if (heard.length) options.heard?.(heard);
  }

  function put({ id, row }: Change<R>, chain: string): boolean {
    if (row === null && (teller.get(id) ?? chain) !== chain) return false;
    teller.delete(id);
    if (row === null || options.keep?.(row) === false) return table.delete(id);
    teller.set(id, chain);
    table.set(id, row);
    return true;
  }

  /** A gap or a reset: at once the first time, with growing pauses when it goes on. */
  function again(): void {
    if (performance.now() - triedAt > CALM_MS) attempt = 0;
    later(attempt === 0 ? 0 : pause(attempt, Math.random));
  }

  function fail(): void {
    if (base.value === "ready") behind.value ||= serverNow();
    else base.value = "failed";
    later(pause(attempt, Math.random));
  }

  function later(ms: number): void {
    stop();
    waiting = setTimeout(() => void load(), ms);
    attempt += 1;
    triedAt = performance.now();
  }

  function forbid(): void {
    stop();
    clear();
    publish();
    base.value = "forbidden";
  }

  function begin(): void {
    attempt = 0;
    clear();
    changed.value = new Map();
    publish();
    behind.value = 0;
    base.value = "loading";
    void load();
  }

  watch(url, begin, { immediate: true });
  // After a new sign-in a list that could not be fetched need not wait for its pause to end.
  watch(signedOut, (out) => !out && (base.value !== "ready" || behind.value) && void load());
  watch(client.link, ({ state }) => state === "live" && base.value === "ready" && slept() && void load());
  onScopeDispose(stop);

  const staleSince = computed(() => behind.value || (client.link.value.state === "lost" ? client.link.value.since : 0));
  const state = computed<ViewState>(() => (base.value !== "ready" ? base.value : staleSince.value ? "stale" : "live"));
  const age = computed(() => {
    if (state.value !== "stale") return 0;
    return Math.max(0, Math.round((ticker.value - staleSince.value) / 1_000));
  });
  return { rows, byId, extra, state, age, changed, refetch: () => void load() };
}

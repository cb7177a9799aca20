import { computed, onScopeDispose, ref, shallowRef, toRaw, type ComputedRef, type Ref, type ShallowRef } from "vue";

import { newKey, post } from "@/api/http";
import { confirmed, session } from "@/session/session";
import { sendProof } from "@/work/commands";
import { flush, type Item, type Shelf } from "./queue";
import { shelfOf } from "./shelf";

export interface Doing {
  ticket: string;
  number: string;
  what: string;
  path: string;
  data: Record<string, unknown>;
  photos?: Blob[];
}

export interface Queue {
  items: ShallowRef<readonly Item[]>;
  waiting: ComputedRef<number>;
  online: Ref<boolean>;
  /** Keep what somebody did and send it as soon as that is possible. */
  add: (doing: Doing) => Promise<void>;
  drop: (item: Item) => Promise<void>;
  send: () => Promise<void>;
}

const AGAIN_MS = 15_000;
const LOCK = "chuishao.queue";

/** The queue of one person; of several tabs one sends. */
export function useQueue(): Queue {
  const items = shallowRef<readonly Item[]>([]);
  const online = ref(navigator.onLine);
  const person = session.value?.sub ?? "";
  const shelf: Promise<Shelf> = shelfOf(person);
  let sending = false;

  const look = async (): Promise<void> => {
    items.value = await (await shelf).all();
  };

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    try {
      // What one did never goes out as another's, and nothing before the server knows who we are.
      if (!(await confirmed()) || session.value?.sub !== person) return;
      const mine = await shelf;
      const line = { photo: (file: Blob) => sendProof(file), act: (path: string, body: object) => post(path, body) };
      await navigator.locks.request(LOCK, () => flush(mine, line, () => void look()));
    } finally {
      sending = false;
      await look();
    }
  }

  async function add(doing: Doing): Promise<void> {
    const fresh = { id: newKey(), proof: [], state: "waiting" as const, why: "", at: Date.now() };
    await (await shelf).put({ ...fresh, ...doing, data: { ...toRaw(doing.data) }, photos: [...(doing.photos ?? [])] });
    await look();
    void send();
  }

  async function drop(item: Item): Promise<void> {
    if (item.seq !== undefined) await (await shelf).drop(item.seq);
    await look();
  }

  const turned = (): void => {
    online.value = navigator.onLine;
    if (online.value) void send();
  };
  window.addEventListener("online", turned);
  window.addEventListener("offline", turned);
  const timer = setInterval(() => items.value.some(({ state }) => state === "waiting") && void send(), AGAIN_MS);
  onScopeDispose(() => {
    window.removeEventListener("online", turned);
    window.removeEventListener("offline", turned);
    clearInterval(timer);
  });
  void look().then(send);

  return { items, online, add, drop, send, waiting: computed(() => items.value.filter(({ state }) => state === "waiting").length) };
}

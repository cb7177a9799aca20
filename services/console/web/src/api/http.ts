import { ref } from "vue";

/** Refusals that mean: it is no longer as you saw it. Others name what to mend. */
const MOVED: ReadonlySet<string> = new Set([
  "stale-version", "stale-suggestions", "not-allowed-now", "ticket-over", "ended", "session-closed", "already-legacy",
]); // prettier-ignore

/** An answer that is no success, as RFC 9457 problem+json tells it, or the network's silence (status 0). */
export class Problem extends Error {
  readonly status: number;
  /** The slug: what went wrong, for programs. */
  readonly code: string;
  readonly field: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>, retryAfterS?: number) {
    super(String(body.detail ?? ""));
    this.status = status;
    this.code = String(body.title ?? "unreachable");
    this.field = typeof body.field === "string" ? body.field : undefined;
    this.retryAfterS = retryAfterS;
    this.body = body;
  }

  /** It cannot be taken as things stand: something else holds, or is under way. */
  get conflict(): boolean {
    return this.status === 409 || this.status === 412;
  }

  /** Somebody else was first: show what changed, keep what was typed. */
  get moved(): boolean {
    return this.status === 412 || (this.status === 409 && MOVED.has(this.code));
  }

  /** The same request again may succeed: nothing was decided. */
  get again(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

export interface Sending {
  /** Makes repetition harmless; made anew for each new intention, kept for its repetitions. */
  key?: string;
  version?: number;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** What every request carries; the session fills it in (session/session.ts). */
export const carried = { csrf: "", language: "zh-CN" };

/** True from a 401 on: the shell asks to sign in again and nothing typed is lost. */
export const signedOut = ref(false);

export const get = <T>(path: string, sending: Sending = {}): Promise<T> => ask<T>("GET", path, undefined, sending);
export const post = <T>(path: string, body: unknown, sending: Sending = {}): Promise<T> =>
  ask<T>("POST", path, body, sending);
export const remove = (path: string): Promise<void> => ask<void>("DELETE", path, undefined, {});

/** A new name for one intention (header `Idempotency-Key`, field `command_id`). */
export const newKey = (): string => crypto.randomUUID();

/** `?a=1&b=2` of what is set; nothing for an empty object. */
export function query(fields: Record<string, string | number | boolean | null | undefined>): string {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined && value !== "") set.set(name, String(value));
  }
  const text = set.toString();
  return text ? `?${text}` : "";
}

/** Send a file, its bytes as the body; answers the attachment's id. `path` says who keeps it. Throws Problem. */
export function upload(file: Blob, path: string): Promise<{ attachment_id: string }> {
  return ask("POST", path, file, {});
}

async function ask<T>(method: string, path: string, body: unknown, sending: Sending): Promise<T> {
  const answer = await reach(path, request(method, body, sending));
  if (answer.status === 401) signedOut.value = true;
  if (!answer.ok) throw await problemOf(answer);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

function request(method: string, body: unknown, sending: Sending): RequestInit {
  const headers: Record<string, string> = { "Accept-Language": carried.language, ...sending.headers };
  if (method !== "GET") headers["X-CSRF-Token"] = carried.csrf;
  if (sending.key) headers["Idempotency-Key"] = sending.key;
  if (sending.version !== undefined) headers["If-Match"] = `"${sending.version}"`;
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (sending.signal) init.signal = sending.signal;
  if (body instanceof Blob) {
    headers["Content-Type"] = body.type || "application/octet-stream";
    init.body = body;
  } else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  return init;
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, {});
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  const after = Number(answer.headers.get("Retry-After"));
  const body = await answer.json().catch(() => ({}));
  return new Problem(answer.status, body as Record<string, unknown>, after || undefined);
}

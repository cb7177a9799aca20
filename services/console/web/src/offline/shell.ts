/** What of the program is kept in the browser, so that the phone's page opens where there is no network. */

/** The page whose document is kept; every address below `/m/` shows it. */
export const PAGE = "/m/inbox";
const START = "chuishao.shell.";
const PATIENCE_MS = 6_000;

/** Made by the build (shell.mjs): every file the phone's page is made of, and a name for just these. */
export interface Build {
  name: string;
  files: readonly string[];
}

export interface Place {
  caches: CacheStorage;
  fetch: typeof fetch;
  origin: string;
}

export class Shell {
  readonly #cache: string;

  constructor(
    private readonly build: Build,
    private readonly place: Place,
  ) {
    this.#cache = START + build.name;
  }

  /** Keep all of it, or nothing. */
  async install(): Promise<void> {
    const cache = await this.place.caches.open(this.#cache);
    const page = new Request(new URL(PAGE, this.place.origin), { cache: "reload" });
    await cache.addAll([page, ...this.build.files]);
  }

  /** What an earlier build kept goes. */
  async tidy(): Promise<void> {
    const names = await this.place.caches.keys();
    const old = names.filter((name) => name.startsWith(START) && name !== this.#cache);
    await Promise.all(old.map((name) => this.place.caches.delete(name)));
  }

  /** The answer to a request; null where the browser is to ask by itself, as if there were nobody here. */
  answer(request: Request): Promise<Response> | null {
    if (request.method !== "GET") return null;
    if (request.mode === "navigate") return this.#page(request);
    const { origin, pathname } = new URL(request.url);
    return origin === this.place.origin && pathname.startsWith("/assets/") ? this.#file(request) : null;
  }

  /** The server's page, so that it is never an old one; the kept one where the server is away or says nothing. */
  async #page(request: Request): Promise<Response> {
    const asked = this.place.fetch(request);
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
    const answer = await Promise.race([asked, late]).catch(() => null);
    if (answer && answer.status < 500) return answer;
    return (await this.#kept(PAGE)) ?? answer ?? asked;
  }

  /** A file's name says what is in it: what is kept is right. */
  async #file(request: Request): Promise<Response> {
    return (await this.#kept(request.url)) ?? this.place.fetch(request);
  }

  async #kept(address: string): Promise<Response | undefined> {
    const cache = await this.place.caches.open(this.#cache);
    return cache.match(new URL(address, this.place.origin).href);
  }
}

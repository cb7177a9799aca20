/** Which page a wall shows, and when it turns to the next: from its address, or as the control page says. */

export const WALL_PAGES = ["overview", "map", "ranking", "escalations"] as const;
export type WallPage = (typeof WALL_PAGES)[number];
export const LAYERS = ["open", "overdue", "rate", "heat"] as const;
export type Layer = (typeof LAYERS)[number];

export interface Picture {
  page: WallPage;
  layer: Layer;
  area: string;
  pages: WallPage[];
  rotate_s: number;
  /** Whether alarms are heard. */
  sound: boolean;
}

export const FIRST: Readonly<Picture> = { page: "overview", layer: "open", area: "", pages: [], rotate_s: 0, sound: false };
const SHORTEST_S = 5;

const isPage = (name: string): name is WallPage => (WALL_PAGES as readonly string[]).includes(name);
const isLayer = (name: string): name is Layer => (LAYERS as readonly string[]).includes(name);

type Asked = Readonly<Record<string, unknown>>;
const word = (value: unknown): string => String(Array.isArray(value) ? (value[0] ?? "") : (value ?? ""));

/** `?page=map&layer=overdue&area=370105&rotate=30&pages=overview,ranking`; what is not understood is left out. */
export function fromAddress(asked: Asked): Picture {
  const [page, layer, area] = [word(asked.page), word(asked.layer), word(asked.area)];
  const pages = word(asked.pages).split(",").filter(isPage);
  const seconds = Math.round(Number(word(asked.rotate)));
  const turns = seconds >= SHORTEST_S;
  return {
    page: isPage(page) ? page : (pages[0] ?? FIRST.page),
    layer: isLayer(layer) ? layer : FIRST.layer,
    area: /^\d{6}(\d{3}){0,2}$/.test(area) ? area : "",
    pages: turns && pages.length < 2 ? [...WALL_PAGES] : pages,
    rotate_s: turns ? seconds : 0,
    sound: FIRST.sound,
  };
}

/** The page after this one. */
export function next(picture: Picture): WallPage {
  const { pages, page } = picture;
  if (pages.length < 2) return page;
  return pages[(pages.indexOf(page) + 1) % pages.length] ?? page;
}

const CITY_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;
const RELOAD_AT_MS = 4 * 3_600_000;

/** Milliseconds until the next four o'clock in the city, when walls load themselves anew. */
export function untilReload(now: number): number {
  const ofDay = (now + CITY_MS) % DAY_MS;
  const left = RELOAD_AT_MS - ofDay;
  return left > 0 ? left : left + DAY_MS;
}

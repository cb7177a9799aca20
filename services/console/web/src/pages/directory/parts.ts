/** Rows of the directory's parts as the router publishes them, and what pages make of them. Pure. */

export interface Version {
  version: number;
  digest: string;
  effective_from: string;
  pieces: Record<string, Record<string, string>>;
}

export interface Unit {
  code: string;
  name: string;
  kind: string;
  parent?: string;
}

export interface Post {
  post: string;
  unit: string;
  role: string;
  name?: string;
  deputy?: string;
  valid_to?: string;
}

export interface Area {
  code: string;
  name: string;
  level: string;
  parent?: string;
  valid_to?: string;
}

export interface Category {
  code: string;
  name: string;
  parent?: string;
}

export interface Rule {
  category: string;
  area?: string;
  compound_type?: string;
  lead: string;
  assists?: string[];
  profile?: string;
  source?: string;
}

export interface Gap {
  kind: string;
  categories: string[];
  unit: string | null;
  day: string;
  in_days: number;
  community: string;
  grids: number;
  cells: number;
  examples: string[];
}

export interface Vacancy {
  post: string;
  unit: string;
  role: string;
  day: string;
  deputy: string | null;
}

export interface Coverage {
  version: number;
  at: string;
  whole: boolean;
  grids: number;
  categories: number;
  cells: number;
  open_cells: number;
  gap_count: number;
  gaps: Gap[];
  vacancies: Vacancy[];
  groups: { code: string; name: string; leaves: number }[];
  communities: { code: string; name: string; grids: number; missing: Record<string, number> }[];
}

export interface Contact {
  unit: string;
  name: string | null;
  stale: boolean;
  why: string | null;
  unsigned: number;
}

export type Held = "held" | "ending" | "vacant";

const SOON_MS = 30 * 86_400_000;

/** Whether somebody holds a post on a day (`2026-11-23`), and for how long yet: `valid_to` is the first day without. */
export function held(post: Pick<Post, "valid_to">, today: string): Held {
  if (!post.valid_to) return "held";
  if (post.valid_to <= today) return "vacant";
  return Date.parse(post.valid_to) - Date.parse(today) <= SOON_MS ? "ending" : "held";
}

/** How much of a cell of the proof is answered for: whole percents, 100 and 0 only where it is exactly so. */
export function share(missing: number, cells: number): number {
  if (missing <= 0 || cells <= 0) return 100;
  if (missing >= cells) return 0;
  return Math.min(99, Math.max(1, Math.floor(((cells - missing) / cells) * 100)));
}

export interface Node {
  code: string;
  name: string;
  kind: string;
  parent?: string | undefined;
}

export interface Line extends Node {
  depth: number;
  children: number;
  open: boolean;
}

/** The lines of a tree that show: roots, and what lies below opened ones; in the order of the rows. */
export function lines(nodes: readonly Node[], opened: ReadonlySet<string>, more: (code: string) => boolean = () => false): Line[] {
  const known = new Set(nodes.map(({ code }) => code));
  const below = new Map<string, Node[]>();
  for (const node of nodes) {
    const parent = node.parent && known.has(node.parent) ? node.parent : "";
    const siblings = below.get(parent);
    if (siblings) siblings.push(node);
    else below.set(parent, [node]);
  }
  const found: Line[] = [];
  const walk = (parent: string, depth: number): void => {
    for (const node of below.get(parent) ?? []) {
      const open = opened.has(node.code);
      const children = below.get(node.code)?.length ?? (more(node.code) ? 1 : 0);
      found.push({ ...node, depth, children, open });
      if (open) walk(node.code, depth + 1);
    }
  };
  walk("", 0);
  return found;
}

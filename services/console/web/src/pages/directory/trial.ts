/** A directory that was tried, as the router tells it, and what the page makes of it. Pure. */

import type { FaultView, TrialView, VersionLine } from "@/api/schema/router";

export type Fault = FaultView;
export type VersionRow = VersionLine;

export interface Changes {
  added: string[];
  removed: string[];
  changed: Record<string, Record<string, [unknown, unknown]>>;
  /** Added, removed, changed: all of them, though the lists may be cut short. */
  counts: [number, number, number];
}

export interface OwnerChange {
  from: string;
  to: string;
  grids: number;
  cells: number;
  categories: string[];
  communities: Record<string, number>;
}

/** What decides who gets what; always counted. */
const DECIDING = ["areas", "units", "posts", "rules", "categories"] as const;
export const KINDS = [
  ...DECIDING, "limits", "ladder", "calendar", "duty", "reception", "notices", "contacts", "readers", "places", "outlines",
] as const; // prettier-ignore
export type Kind = (typeof KINDS)[number];

export interface Difference extends Record<Kind, Changes> {
  version: number;
  summary: Record<Kind | "cells_with_another_owner" | "owner_changes" | "moved" | "ended", number>;
  owners: OwnerChange[];
  moved: Record<string, [string | null, string | null]>;
  ended: Record<string, string[]>;
  tickets: { open_tickets: number; on_areas_that_vanish: number; of_units_that_vanish: number };
  proposals: { category: string; area: string | null; lead: string; was: string; source: string; rulings: number; heeded: boolean }[];
}

export type Trial = Omit<TrialView, "difference"> & { difference: Difference | null };

export interface Change {
  mark: "added" | "removed" | "changed";
  code: string;
  fields: { name: string; before: string; after: string }[];
}

/** Bytes of a zip that the router takes. */
export const MOST = 10 * 1024 * 1024;
const OURS = /\.(csv|toml|geojson)$/;

/** Of a chosen folder what may belong to a directory, under the names it has inside: no office files, no backups. */
export function inside(files: readonly File[]): { name: string; file: File }[] {
  return files
    .map((file) => ({ name: (file.webkitRelativePath || file.name).split("/").slice(file.webkitRelativePath ? 1 : 0).join("/"), file }))
    .filter(({ name }) => OURS.test(name) && !name.split("/").some((part) => part.startsWith(".")));
}

/** Services say it in Chinese, then ` / ` and in English. */
export function inLanguage(text: string, language: string): string {
  const at = text.indexOf(" / ");
  if (at < 0) return text;
  return language === "en" ? text.slice(at + 3) : text.slice(0, at);
}

/** Faults by file, in the order in which files first appear. */
export function byFile(faults: readonly Fault[]): { file: string; faults: Fault[] }[] {
  const found = new Map<string, Fault[]>();
  for (const fault of faults) found.set(fault.file, [...(found.get(fault.file) ?? []), fault]);
  return [...found].map(([file, each]) => ({ file, faults: each }));
}

/** One line for each row that differs: what goes first, then what comes, then what is otherwise. */
export function changes(of: Changes): Change[] {
  return [
    ...of.removed.map((code) => ({ mark: "removed" as const, code, fields: [] })),
    ...of.added.map((code) => ({ mark: "added" as const, code, fields: [] })),
    ...Object.entries(of.changed).map(([code, fields]) => ({
      mark: "changed" as const,
      code,
      fields: Object.entries(fields).map(([name, [before, after]]) => ({ name, before: said(before), after: said(after) })),
    })),
  ];
}

export const total = (of: Changes): number => of.counts[0] + of.counts[1] + of.counts[2];

/** Kinds whose count is told, those that decide though nothing of them changed. */
export const counted = (difference: Difference): Kind[] =>
  KINDS.filter((kind) => (DECIDING as readonly Kind[]).includes(kind) || total(difference[kind]) > 0);

/** Whether nothing would be otherwise. */
export const same = (difference: Difference): boolean => Object.values(difference.summary).every((count) => count === 0);

function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (Array.isArray(value)) return value.map(said).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

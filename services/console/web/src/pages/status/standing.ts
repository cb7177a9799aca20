/** What the services say of themselves, and what of it somebody has to act on. Pure. */

import type { ServiceStanding as ServiceDocument, Standing as StandingDocument } from "@/api/schema/console";

export interface ServiceStanding extends Omit<ServiceDocument, "details" | "figures" | "consumers"> {
  details: {
    audit?: { linked: number; waiting: number; lag_s: number } | null;
    projection?: { seq: number; floor: number; rebuilding: string; untold: number } | null;
    sign_in?: { provider: string } | null;
  };
  figures: Partial<Record<string, number>>;
  consumers: Record<string, Partial<Record<string, number>>>;
}

export interface Standing extends Omit<StandingDocument, "services"> {
  services: ServiceStanding[];
}

/** `trouble`: work stands still or is lost sight of; `care`: look at it today. */
export type Weight = "trouble" | "care";

export interface Finding {
  weight: Weight;
  service: string;
  /** Text keys `status.found.<key>` and `status.remedy.<key>`. */
  key: string;
  values: Record<string, string | number>;
}

/** Limits of `chuishao doctor` (chuishao/doctor): the two are to say the same of the same thing. */
const OUTBOX_OLD_S = 60;
const AUDIT_LATE_S = 10;
const UNTOLD_MANY = 1_000;
const BEHIND_FRAMES = 200;
const WAITING_MANY = 50;
const SLOW_MS = 1_000;

type Judge = (one: ServiceStanding) => [Weight, string, Record<string, string | number>?] | null;

const figure = (one: ServiceStanding, name: string): number => one.figures[name] ?? 0;
const seconds = (value: number): number => Math.round(value);

const JUDGES: readonly Judge[] = [
  (one) => (one.reached ? null : ["trouble", "silent"]),
  ({ reached, checks }) => (reached && checks.database === false ? ["trouble", "database"] : null),
  ({ reached, checks }) => (reached && checks.broker === false ? ["trouble", "broker"] : null),
  ({ reached, checks }) => (reached && checks.directory === false ? ["trouble", "directory"] : null),
  (one) => {
    const other = Object.keys(one.checks).filter((name) => !one.checks[name] && !KNOWN.has(name));
    return other.length ? ["trouble", "unready", { names: other.join(", ") }] : null;
  },
  (one) => {
    const age = figure(one, "outbox_age_s");
    const n = figure(one, "outbox");
    return age > OUTBOX_OLD_S ? ["trouble", "outbox", { n, s: seconds(age) }] : null;
  },
  (one) => (figure(one, "dead_letters") ? ["care", "dead_letters", { n: figure(one, "dead_letters") }] : null),
  ({ details: { audit } }) =>
    audit && audit.lag_s > AUDIT_LATE_S ? ["care", "audit", { n: audit.waiting, s: seconds(audit.lag_s) }] : null,
  ({ details: { projection } }) => (projection?.rebuilding ? ["care", "rebuilding"] : null),
  ({ details: { projection } }) =>
    projection && !projection.rebuilding && projection.untold > UNTOLD_MANY
      ? ["trouble", "projector", { n: projection.untold }]
      : null,
  (one) => (streamLag(one) > BEHIND_FRAMES ? ["trouble", "stream", { n: streamLag(one) }] : null),
  (one) =>
    figure(one, "requests_waiting") > WAITING_MANY
      ? ["care", "waiting", { n: figure(one, "requests_waiting") }]
      : null,
  (one) => (one.reached && one.ms > SLOW_MS ? ["care", "slow", { ms: seconds(one.ms) }] : null),
  (one) => (figure(one, "coverage_open") > 0 ? ["care", "coverage", { n: figure(one, "coverage_open") }] : null),
  (one) => (figure(one, "contacts_stale") > 0 ? ["care", "contacts", { n: figure(one, "contacts_stale") }] : null),
  ({ details: { sign_in: told } }) =>
    told?.provider === "away" ? ["care", "sign_in"] : null,
];
const KNOWN = new Set(["database", "broker", "directory"]);

/** Frames that are made and not handed out yet. */
export function streamLag({ details: { projection }, figures }: ServiceStanding): number {
  return projection && figures.live_seq !== undefined ? Math.max(0, projection.seq - figures.live_seq) : 0;
}

/** What is to be done, the worst first. */
export function findings(standing: Standing): Finding[] {
  const found: Finding[] = [];
  for (const one of standing.services) {
    for (const judge of JUDGES) {
      const said = judge(one);
      if (said) found.push({ weight: said[0], service: one.name, key: said[1], values: said[2] ?? {} });
    }
  }
  const rank = { trouble: 0, care: 1 };
  return found.sort((a, b) => rank[a.weight] - rank[b.weight]);
}

/** How a service is as a whole: its worst finding. */
export function weightOf(found: readonly Finding[], service: string): Weight | "well" {
  return found.find((one) => one.service === service)?.weight ?? "well";
}

export interface DurableRow {
  service: string;
  name: string;
  applied: number;
  repeated: number;
  waiting: number;
  retried: number;
  buried: number;
}

/** Every durable of every service, those that buried something first. */
export function durables(standing: Standing): DurableRow[] {
  const rows = standing.services.flatMap(({ name: service, consumers }) =>
    Object.entries(consumers).map(([name, said]) => ({
      service,
      name,
      applied: said.applied ?? 0,
      repeated: said.repeated ?? 0,
      waiting: said.waiting ?? 0,
      retried: said.retried ?? 0,
      buried: said.buried ?? 0,
    })),
  );
  return rows.sort((a, b) => Number(b.buried > 0) - Number(a.buried > 0));
}

/** `93 MB`, `1.2 GB`. */
export function bytes(size: number): string {
  const mb = size / 1_048_576;
  return mb >= 1_000 ? `${(mb / 1_024).toFixed(1)} GB` : `${mb.toFixed(0)} MB`;
}

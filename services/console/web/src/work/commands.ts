/** What people send: actions on tickets, steps of whistles, files that prove it. The services judge. */

import { newKey, post, upload } from "@/api/http";

export interface Said {
  /** Version of the ticket or whistle afterwards. */
  version: number;
  status: string;
}

/** One intention: its id stays the same when it is sent again. */
export interface Intent {
  id: string;
  version: number | undefined;
}

export const intent = (version?: number): Intent => ({ id: newKey(), version });

/** Take an action on a ticket. Throws Problem. */
export function act(ticket: string, action: string, data: object, meant: Intent): Promise<Said> {
  return post(`/v1/tickets/${ticket}/${action}`, body(data, meant));
}

/** Take a step of a whistle. Throws Problem. */
export function step(whistle: string, action: string, data: object, meant: Intent): Promise<Said> {
  return post(`/v1/whistles/${whistle}/${action}`, body(data, meant));
}

export interface Blowing {
  kind: string;
  ticket: string;
  units: { unit: string; required: boolean }[];
  reason: string;
  text: string;
  place?: string;
  meet_at?: string;
}

/** Blow a whistle. Throws Problem. */
export function blow(asked: Blowing, meant: Intent): Promise<Said> {
  return post("/v1/whistles", { ...asked, command_id: meant.id });
}

/** Where files of the work on a ticket are kept. */
const PROOF = "/v1/attachments?kept_by=router";

/** Send a photo; answers its id. Throws Problem. */
export async function sendProof(file: Blob): Promise<string> {
  return (await upload(file, PROOF)).attachment_id;
}

export const proofUrl = (id: string): string => `/v1/attachments/${encodeURIComponent(id)}?kept_by=router`;
export const residentsFileUrl = (id: string): string => `/v1/attachments/${encodeURIComponent(id)}?kept_by=intake`;

function body(data: object, meant: Intent): object {
  const set = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  return { command_id: meant.id, ...(meant.version === undefined ? {} : { version: meant.version }), data: set };
}

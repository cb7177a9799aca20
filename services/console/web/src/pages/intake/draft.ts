import { newKey } from "@/api/http";

/** One call being written down: what the form holds, as it will be filed. */
export interface Draft {
  id: string;
  /** Of the filing; kept for its repetitions, made anew once the server has refused it. */
  key: string;
  text: string;
  address: string;
  area: string;
  category: string;
  urgency: string;
  kind: string;
  channel: string;
  phone: string;
  name: string;
  anonymous: boolean;
  confidential: boolean;
  accused: string;
  behalf: boolean;
  onBehalfOf: string;
  residentPhone: string;
  spokenWith: string;
  consent: boolean;
  declining: boolean;
  declineReason: string;
  declineDoor: string;
  /** Unix ms of the last change; 0 before the first. */
  touchedAt: number;
}

/** Fields of `POST /v1/complaints` to the id of the input they come from. */
export const FIELD_IDS: Readonly<Record<string, string>> = {
  text: "intake-text",
  address: "intake-address",
  grid_code: "intake-area",
  category: "intake-category",
  urgency: "intake-urgency",
  kind: "intake-kind",
  channel: "intake-channel",
  accused: "intake-accused",
  "requester.phone": "intake-phone",
  "requester.name": "intake-name",
  "requester.on_behalf_of": "intake-behalf-of",
  "requester.resident_phone": "intake-resident-phone",
  "requester.spoken_with": "intake-spoken-with",
  "requester.consent": "intake-consent",
  "decline.reason": "intake-decline-reason",
  "decline.door": "intake-decline-door",
};

/** The same fields to the text keys of their labels. */
export const LABELS: Readonly<Record<string, string>> = {
  text: "intake.text",
  address: "intake.address",
  grid_code: "intake.area",
  category: "intake.category",
  urgency: "intake.urgency",
  kind: "intake.kind",
  channel: "intake.channel",
  accused: "intake.accused",
  "requester.phone": "intake.phone",
  "requester.name": "intake.name",
  "requester.on_behalf_of": "intake.behalf_of",
  "requester.resident_phone": "intake.resident_phone",
  "requester.spoken_with": "intake.spoken_with",
  "requester.consent": "intake.consent",
  "decline.reason": "intake.decline_reason",
  "decline.door": "intake.decline_door",
};

export const URGENCIES = ["critical", "urgent", "normal", "complex"] as const;
export const KINDS = ["complaint", "report", "help", "enquiry", "suggestion", "praise"] as const;
/** Ways a resident reaches the desk; the others come in by themselves. */
export const CHANNELS = ["hotline", "visit", "wechat", "web", "mail", "reception"] as const;
export const DECLINE_REASONS = ["not_public", "court_or_petition", "other_authority", "known_answer", "abuse"] as const;

const TITLE_LENGTH = 12;

export function emptyDraft(): Draft {
  return {
    id: newKey(), key: newKey(), text: "", address: "", area: "", category: "", urgency: "",
    kind: "complaint", channel: "hotline", phone: "", name: "", anonymous: false, confidential: false,
    accused: "", behalf: false, onBehalfOf: "", residentPhone: "", spokenWith: "", consent: false,
    declining: false, declineReason: "", declineDoor: "", touchedAt: 0,
  }; // prettier-ignore
}

/** Nothing was written yet: closing it asks nobody, and it is not worth keeping. */
export function isBlank(draft: Draft): boolean {
  const words = [draft.text, draft.address, draft.phone, draft.name, draft.accused, draft.onBehalfOf];
  return words.every((each) => each.trim() === "");
}

/** What a tab is called: the first words of the matter, else where it is. */
export function tabTitle(draft: Draft): string {
  const words = (draft.text.trim() || draft.address.trim()).replace(/\s+/g, " ");
  return words.length > TITLE_LENGTH ? `${words.slice(0, TITLE_LENGTH)}…` : words;
}

function set(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "" && value !== undefined && value !== false));
}

function requester(draft: Draft): Record<string, unknown> | undefined {
  const found = set({
    name: draft.name.trim(),
    phone: draft.phone.trim(),
    anonymous: draft.anonymous,
    ...(draft.behalf
      ? {
          on_behalf_of: draft.onBehalfOf.trim(),
          resident_phone: draft.residentPhone.trim(),
          spoken_with: draft.spokenWith.trim(),
          consent: draft.consent,
        }
      : {}),
  });
  return Object.keys(found).length ? found : undefined;
}

/** The body of `POST /v1/complaints`; `repeatOf` is the number it is known to repeat. */
export function filing(draft: Draft, declineReason = "", repeatOf?: string): Record<string, unknown> {
  return set({
    channel: draft.channel,
    kind: draft.kind,
    text: draft.text.trim(),
    address: draft.address.trim(),
    grid_code: draft.area,
    category: draft.category,
    urgency: draft.urgency,
    requester: requester(draft),
    accused: draft.accused.trim(),
    confidential: draft.confidential,
    repeat_of: repeatOf,
    decline: draft.declining ? { reason: declineReason, door: draft.declineDoor.trim() } : undefined,
  });
}

/** Whether what is typed is a phone the services take. */
export const isPhone = (said: string): boolean => /^\+?[0-9][0-9 -]{4,18}[0-9]$/.test(said.trim());

/** A phone for eyes that need not know it: the first three and last four digits. */
export function maskedPhone(said: string): string {
  const digits = said.replace(/\D/g, "");
  if (digits.length < 8) return said.trim() && `${"*".repeat(Math.max(0, digits.length - 2))}${digits.slice(-2)}`;
  return `${digits.slice(0, 3)}${"*".repeat(digits.length - 7)}${digits.slice(-4)}`;
}

/** A number in the groups it is read out in: `2611 2148 0271`. */
export const readable = (number: string): string => number.replace(/(\d{4})(?=\d)/g, "$1 ");

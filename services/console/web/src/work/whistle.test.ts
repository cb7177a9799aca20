import { mount } from "@vue/test-utils";
import { expect, it, vi } from "vitest";
import { createI18n } from "vue-i18n";

import shell from "@/texts/en/shell.json";
import terms from "@/texts/en/terms.json";
import work from "@/texts/en/work.json";
import type { Ticket, Whistle } from "./types";
import WhistleCard from "./WhistleCard.vue";

vi.mock("@/names", () => ({ unitName: (code: string) => code }));

const texts = createI18n({ legacy: false, locale: "en", messages: { en: { shell, terms, work } } });
const LONG_AGO = "2026-01-05T02:00:00Z";
const whistle = (status: string): Whistle =>
  ({
    whistle_id: "w", kind: "emergency", status, version: 3, blower: "SQ", text: "", blown_at: LONG_AGO, issued_at: LONG_AGO,
    due: { resolve: LONG_AGO }, units: [{ unit: "SZ", required: true, state: "no_show", due_at: LONG_AGO, no_show_at: LONG_AGO, proof: [] }],
  }) as unknown as Whistle; // prettier-ignore
const shown = (of: string, ticket: Ticket["status"]): string =>
  mount(WhistleCard, { props: { whistle: whistle(of), status: ticket }, global: { plugins: [texts] } }).text();

it("says whose it is to end a whistle that outlives its ticket, and waits for nobody any more", () => {
  expect(shown("issued", "closed")).toContain("The ticket has ended (Closed), this whistle has not: SQ lets go who did not come");
  expect(shown("issued", "closed").match(/late by|overdue/gi)).toHaveLength(1);
  expect(shown("blown", "withdrawn")).toContain("(Withdrawn), this whistle still waits for a signature: SQ cancels it");
});

it("says nothing of it while the ticket is worked on, or once the whistle has ended too", () => {
  for (const [of, ticket] of [["issued", "in_progress"], ["issued", "callback"], ["resolved", "closed"], ["cancelled", "closed"]] as const) {
    expect(shown(of, ticket)).not.toContain("has ended");
  }
}); // prettier-ignore

import { mount } from "@vue/test-utils";
import { expect, it, vi } from "vitest";
import { createI18n } from "vue-i18n";

import reception from "@/texts/en/reception.json";
import terms from "@/texts/en/terms.json";
import DossierTimeline from "./DossierTimeline.vue";
import type { PostName, TimelineEntry } from "./types";

vi.mock("@/names", () => ({ unitName: (code: string) => ({ SZ: "Works", JD: "Street" })[code] ?? code }));

const texts = createI18n({ legacy: false, locale: "en", messages: { en: { reception, terms } } });
const rung = (units: string[]): TimelineEntry => ({ at: "2026-11-23T02:00:00Z", what: "escalation.raised", units, actor: null, reason: "3", round: 1 });

it("names who was told by unit and post, with who holds it today where that is known", () => {
  const posts: Record<string, PostName> = {
    "SZ-ZB": { unit: "SZ", role: "duty_lead", holder: null },
    "JD-FS": { unit: "JD", role: "deputy", holder: "Huang" },
  };
  const shown = mount(DossierTimeline, { props: { entries: [rung(["SZ-ZB", "JD-FS", "SZ"])], posts }, global: { plugins: [texts] } });
  expect(shown.get(".units").text()).toBe("Works Duty lead, Street Deputy head (now Huang), Works");
});

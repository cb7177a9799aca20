import { flushPromises, mount } from "@vue/test-utils";
import { expect, test } from "vitest";
import { computed, defineComponent, h, shallowRef } from "vue";

import { texts } from "@/texts";
import WallRanking from "@/pages/hall/WallRanking.vue";
import type { Atlas, FiguresByArea } from "@/maps/areas";
import type { WallExtra } from "@/pages/hall/wall";

const atlas: Atlas = {
  version: 1,
  area: "1",
  items: ["11", "12"].map((code) => ({ code, parent: "1", level: "community", name: code, geometry: null })),
};

test("a figure noted in place reaches the screen", async () => {
  const extra = shallowRef<WallExtra>({ counters: null, areas: {} });
  const Wall = defineComponent(() => {
    const figures = computed<FiguresByArea>(() => ({ ...extra.value.areas }));
    return () => h(WallRanking, { atlas, figures: figures.value, rates: null, most: 5 });
  });
  const wall = mount(Wall, { global: { plugins: [texts] } });
  expect(wall.findAll("tbody tr")[0]!.text()).toContain("11");
  extra.value.areas["12"] = { open: 7, overdue: 2, near_due: 0, queue: 0 };
  extra.value = { ...extra.value };
  await flushPromises();
  expect(wall.findAll("tbody tr")[0]!.text()).toMatch(/^1272/);
});

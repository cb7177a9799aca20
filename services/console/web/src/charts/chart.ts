/** The parts of ECharts that our charts use, and one way to keep a chart: made once, outside reactivity, ended with its page. */

import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { onBeforeUnmount, onMounted, watch, type Ref } from "vue";

use([BarChart, LineChart, GridComponent, LegendComponent, CanvasRenderer]);

/** Pixels of one rem: charts grow with the wall. */
export const rem = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

/** Draw `option()` into the element, again whenever it or the element's size changes. */
export function useChart(place: Ref<HTMLElement | null>, option: () => EChartsCoreOption): void {
  let chart: EChartsType | null = null;
  let observer: ResizeObserver | null = null;
  const paint = (): void => {
    const room = place.value;
    if (!room?.clientWidth || !room.clientHeight) return;
    chart ??= init(room, null, { renderer: "canvas" });
    chart.resize();
    chart.setOption(option(), { notMerge: true, lazyUpdate: true });
  };
  onMounted(() => {
    observer = new ResizeObserver(paint);
    if (place.value) observer.observe(place.value);
  });
  watch(option, paint);
  onBeforeUnmount(() => {
    observer?.disconnect();
    chart?.dispose();
    chart = null;
  });
}

import "leaflet/dist/leaflet.css";
import { control, geoJSON, map as makeMap, type GeoJSON, type LatLngBounds, type Map as LeafletMap, type Path, type PathOptions } from "leaflet";
import { onBeforeUnmount, onMounted, watch, type Ref } from "vue";

import type { AreaItem } from "@/maps/areas";

export interface OnMap {
  item: AreaItem;
  style: PathOptions;
  label: string;
}

export interface Hooks {
  areas: () => readonly OnMap[];
  /** Outlines above the others, not to be chosen. */
  frames: () => readonly AreaItem[];
  chosen: () => string | null;
  choose: (code: string) => void;
  moved: (bounds: LatLngBounds) => void;
  zoom: { in: string; out: string };
}

type Shape = Parameters<typeof geoJSON>[0];
const FRAME: PathOptions = { color: "#3b4859", weight: 2.2, fill: false, interactive: false };
const CHOSEN: PathOptions = { color: "#0f3560", weight: 4 };
const CALM = { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false };

/** A map without tiles: areas of the directory on plain ground; nothing is asked from outside. */
export function useLeaflet(place: Ref<HTMLElement | null>, hooks: Hooks): { whole: () => void; show: (code: string) => void } {
  let map: LeafletMap | null = null;
  let frames: { code: string; layer: GeoJSON }[] = [];
  const drawn = new Map<string, { layer: GeoJSON; label: string }>();
  let fitted = false;

  function whole(): void {
    const all = [...drawn.values()].map((one) => one.layer.getBounds());
    const first = all[0];
    if (map && first) map.fitBounds(all.reduce((sum, one) => sum.extend(one), first), { padding: [12, 12], animate: false });
  }

  function add(one: OnMap): void {
    if (!map || !one.item.geometry) return;
    const layer = geoJSON(one.item.geometry as unknown as Shape, { style: one.style });
    layer.on("click", () => hooks.choose(one.item.code));
    layer.addTo(map);
    drawn.set(one.item.code, { layer, label: "" });
  }

  function paint(): void {
    if (!map) return;
    const now = hooks.areas();
    const codes = new Set(now.map((one) => one.item.code));
    for (const [code, { layer }] of drawn) {
      if (codes.has(code)) continue;
      layer.remove();
      drawn.delete(code);
    }
    for (const one of now) {
      if (!drawn.has(one.item.code)) add(one);
      const there = drawn.get(one.item.code);
      if (!there) continue;
      there.layer.setStyle({ ...one.style, ...(hooks.chosen() === one.item.code ? CHOSEN : {}) });
      if (there.label === one.label) continue;
      there.layer.unbindTooltip().bindTooltip(one.label, { permanent: true, direction: "center", className: "map-label" });
      there.label = one.label;
    }
    for (const { code, layer } of frames) layer.setStyle(code === hooks.chosen() ? { ...FRAME, ...CHOSEN } : FRAME).bringToFront();
    frames.find(({ code }) => code === hooks.chosen())?.layer.bringToFront();
    drawn.get(hooks.chosen() ?? "")?.layer.eachLayer((layer) => (layer as Path).bringToFront());
    if (!fitted && drawn.size) {
      fitted = true;
      whole();
    }
  }

  function outline(): void {
    frames.forEach(({ layer }) => layer.remove());
    frames = [];
    const here = map;
    if (!here) return;
    for (const { code, geometry } of hooks.frames()) {
      if (geometry) frames.push({ code, layer: geoJSON(geometry as unknown as Shape, { style: FRAME, interactive: false }).addTo(here) });
    }
  }

  onMounted(() => {
    if (!place.value) return;
    map = makeMap(place.value, { attributionControl: false, zoomControl: false, keyboard: false, zoomSnap: 0.25, minZoom: 9, maxZoom: 19, ...CALM });
    map.setView([36.69, 116.97], 13);
    control.zoom({ zoomInTitle: hooks.zoom.in, zoomOutTitle: hooks.zoom.out, position: "bottomright" }).addTo(map);
    map.on("moveend resize", () => map && hooks.moved(map.getBounds()));
    outline();
    paint();
  });
  watch([hooks.areas, hooks.chosen], paint);
  watch(hooks.frames, () => {
    fitted = false;
    outline();
    paint();
  });
  onBeforeUnmount(() => {
    map?.remove();
    map = null;
  });

  return {
    whole,
    show: (code) => {
      const bounds = drawn.get(code)?.layer.getBounds();
      if (bounds && map && !map.getBounds().contains(bounds)) map.fitBounds(bounds.pad(1.5), { animate: false });
    },
  };
}

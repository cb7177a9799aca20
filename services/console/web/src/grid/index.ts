export type { Counts } from "./changes";
export type { Column } from "./columns";
export { default as VirtualGrid } from "./VirtualGrid.vue";

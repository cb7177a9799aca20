export {
  chordOpen, listGridKeys, useActiveKeys, useGridKeys, useKeys, useSingleKeys,
  type Active, type GridKeyPress, type GridKeys, type Shortcut, type Shortcuts,
} from "./keys"; // prettier-ignore
export { formKeys } from "./form";
export { isComposing, keyName, takesText } from "./match";
export { default as KeySheet } from "./KeySheet.vue";

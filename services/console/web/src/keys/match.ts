/** Key events to names ("a", "?", "Esc", "Ctrl+Enter", "Alt+1"), without any state. */

/** An input method is at work: the key belongs to it. Old Chromium says so by keyCode 229 only. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Full-width marks an input method writes for a key when it is in Chinese mode. */
const FULL_WIDTH: Record<string, string> = { "\uFF1F": "?", "\u3001": "/", "\u3002": ".", "\uFF0F": "/" };

/** The name of a key as shortcuts are written. Shift counts only where the character does not say it. */
export function keyName(event: KeyboardEvent): string {
  const { ctrlKey, metaKey, altKey, shiftKey, code } = event;
  let key = FULL_WIDTH[event.key] ?? event.key;
  if (key === "Escape") key = "Esc";
  // With Alt a layout may write another character; the digit row is meant.
  if (altKey && /^Digit\d$/.test(code)) key = code.slice(5);
  if (key.length === 1) key = altKey || ctrlKey || metaKey ? key.toUpperCase() : key.toLowerCase();
  const shift = shiftKey && (key.length > 1 || /^[a-z]$/i.test(key));
  // The command key of a Mac is its Ctrl.
  return [ctrlKey || metaKey ? "Ctrl+" : "", altKey ? "Alt+" : "", shift ? "Shift+" : "", key].join("");
}

/** A key that would write something: it is a shortcut only where nobody writes. */
export function isSingle(name: string): boolean {
  return name.replace("Shift+", "").length === 1;
}

/** Whether what is typed there becomes text (or the choice of a list). */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const field = target.closest("input, textarea, select, [contenteditable], [role=textbox], [role=combobox], [role=searchbox]");
  if (!field || field.getAttribute("contenteditable") === "false") return false;
  return !(field instanceof HTMLInputElement && /^(button|checkbox|radio|submit|reset|image|file|range|color)$/.test(field.type));
}

export function inModal(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("dialog[open], [aria-modal=true]") !== null;
}

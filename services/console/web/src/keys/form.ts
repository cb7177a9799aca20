import { isComposing } from "./match";

/** Keys of a whole form: Ctrl+Enter sends it, Esc leaves it; never while an input method is at work. */
export function formKeys(send: () => unknown, leave: () => unknown): (event: KeyboardEvent) => void {
  return (event) => {
    if (isComposing(event) || event.defaultPrevented) return;
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && event.ctrlKey) send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

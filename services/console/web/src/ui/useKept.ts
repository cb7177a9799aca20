import { onScopeDispose, ref, watch, type Ref } from "vue";

const PAUSE_MS = 300;

/** What is typed, kept in this tab at every pause: a reload or a new sign-in loses nothing. */
export function useKept<T>(key: () => string, empty: () => T): Ref<T> {
  const kept = ref(read()) as Ref<T>;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let at = key();

  function read(): T {
    try {
      const text = sessionStorage.getItem(`chuishao.${key()}`);
      return text ? (JSON.parse(text) as T) : empty();
    } catch {
      return empty();
    }
  }

  function write(): void {
    clearTimeout(waiting);
    try {
      sessionStorage.setItem(`chuishao.${at}`, JSON.stringify(kept.value));
    } catch {
      // A full store keeps nothing; what is on the screen stays there.
    }
  }

  watch(
    kept,
    () => {
      clearTimeout(waiting);
      waiting = setTimeout(write, PAUSE_MS);
    },
    { deep: true },
  );
  watch(
    key,
    () => {
      write();
      at = key();
      kept.value = read();
    },
    { flush: "sync" },
  );
  window.addEventListener("pagehide", write);
  onScopeDispose(() => {
    write();
    window.removeEventListener("pagehide", write);
  });
  return kept;
}

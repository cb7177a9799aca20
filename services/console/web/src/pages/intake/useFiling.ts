import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { newKey, Problem } from "@/api/http";
import { fileIt, press, type Matter } from "./answers";
import { count } from "./counts";
import { filing, type Draft } from "./draft";
import { anew, type Drafts } from "./useDrafts";

/** What was done last, told to the caller. */
export interface Done {
  how: "filed" | "repeat" | "declined" | "pressed" | "reopened";
  number: string;
  /** The number it belongs to. */
  of?: string;
}

export interface Filing {
  busy: Ref<boolean>;
  error: ShallowRef<unknown>;
  done: ShallowRef<Done | null>;
  submit: (reason: string, repeatOf?: string) => Promise<boolean>;
  urge: (matter: Matter, words: string) => Promise<boolean>;
}

/** Nothing was decided: the same key again can do no harm. A refusal was decided, and stored nothing. */
const undecided = (error: unknown): boolean => !(error instanceof Problem) || error.again || error.conflict;

export function useFiling(drafts: Drafts, person: string): Filing {
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  const done = shallowRef<Done | null>(null);
  const pressing = { about: "", key: "" };

  async function send(draft: Draft, act: () => Promise<Done>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    error.value = null;
    try {
      done.value = await act();
      drafts.clear(draft.id);
      return true;
    } catch (failed) {
      error.value = failed;
      if (!undecided(failed)) anew(draft);
      return false;
    } finally {
      busy.value = false;
    }
  }

  function submit(reason: string, repeatOf?: string): Promise<boolean> {
    const draft = drafts.current.value;
    return send(draft, async () => {
      drafts.saveNow();
      const { number } = await fileIt(filing(draft, reason, repeatOf), draft.key);
      count(person, draft.declining ? "declined" : "filed");
      if (repeatOf) return { how: "repeat", number, of: repeatOf };
      return { how: draft.declining ? "declined" : "filed", number };
    });
  }

  function urge(matter: Matter, words: string): Promise<boolean> {
    const draft = drafts.current.value;
    const about = JSON.stringify([matter.number, words, draft.phone]);
    if (pressing.about !== about) Object.assign(pressing, { about, key: newKey() });
    return send(draft, async () => {
      const answer = await press(matter, words, draft.phone.trim(), pressing.key);
      pressing.about = "";
      count(person, "urged");
      return { how: answer.repeat_of ? "reopened" : "pressed", number: answer.number, of: answer.repeat_of };
    });
  }

  return { busy, error, done, submit, urge };
}

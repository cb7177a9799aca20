import type { Column } from "@/grid";
import type { Box, Entry } from "@/work/boxes";

/** Keys of the list by the action they begin. */
export const ACTION_KEYS: Record<string, string> = { accept: "a", return: "t", handle: "e", contact: "m", whistle: "w" };

/** What somebody was looking at: still so after a look at a ticket's own page. */
export const remembered: { box: Box; words: string; urgency: string; selected: string | null } = {
  box: "sign",
  words: "",
  urgency: "",
  selected: null,
};

export const rowId = ({ row }: Entry): string => row.ticket_id;

export const columns = (t: (key: string) => string): Column<Entry>[] => [
  { key: "number", label: t("inbox.col.number"), width: "128px", value: ({ row }) => row.number },
  { key: "words", label: t("inbox.col.words"), width: "minmax(180px, 1fr)", value: ({ row }) => [row.title, row.urgency, row.level] },
  { key: "status", label: t("inbox.col.status"), width: "96px", value: ({ row, call }) => [row.status, call?.state] },
  { key: "due", label: t("inbox.col.due"), width: "132px", align: "end", value: ({ dueAt }) => dueAt },
];

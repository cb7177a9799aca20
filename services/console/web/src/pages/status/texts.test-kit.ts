import enStatus from "@/texts/en/status.json";
import zhStatus from "@/texts/zh-CN/status.json";

interface Texts {
  found: Record<string, string>;
  remedy: Record<string, string>;
}

export const zh: Texts = zhStatus;
export const en: Texts = enStatus;

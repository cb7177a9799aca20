import { get } from "@/api/http";
import { useLoaded, type Loaded } from "@/ui/useLoaded";
import type { Version } from "./parts";

/** A part of one version; it never changes, so the browser keeps it. */
export function part<T>(version: number, name: string, piece?: string): Promise<T[]> {
  return get<T[]>(`/v1/directory/versions/${version}/${name}${piece === undefined ? "" : `?piece=${piece}`}`);
}

/** Some whole parts of the version in use, by name. */
export function useParts<T extends Record<string, unknown[]>>(of: () => Version, names: readonly (keyof T & string)[]): Loaded<T> {
  return useLoaded(
    () => of().version,
    async (version) => {
      const found = await Promise.all(names.map((name) => part(version, name)));
      return Object.fromEntries(names.map((name, at) => [name, found[at]])) as T;
    },
  );
}

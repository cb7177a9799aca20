import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";

import { PAGES, type Page } from "@/pages";
import { goOn, has, resume } from "@/session/session";

declare module "vue-router" {
  interface RouteMeta {
    page?: Page;
  }
}

/** The first page of the navigation that is open to whoever is signed in. */
export function home(): string {
  return PAGES.find((page) => page.icon && may(page))?.path ?? "/welcome";
}

export const may = (page: Page): boolean => page.open || page.roles.length === 0 || has(...page.roles);

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", component: { render: () => null } },
    ...PAGES.map((page) => ({ path: page.path, name: page.name, component: page.load, meta: { page } })),
    { path: "/welcome", name: "welcome", component: () => import("@/ui/NothingHere.vue") },
    { path: "/:rest(.*)*", name: "lost", component: () => import("@/ui/NothingHere.vue") },
  ],
});

router.beforeEach(async (to) => {
  if (to.meta.page?.open) return true;
  const known = await resume().catch((why: unknown) => to.meta.page?.offline === true && goOn(why));
  if (!known) return signInFirst(to);
  if (to.path === "/") return { path: home(), replace: true };
  return true;
});

function signInFirst(to: RouteLocationNormalized): { name: string; query: Record<string, string> } {
  return { name: "login", query: to.path === "/" ? {} : { back: to.fullPath } };
}

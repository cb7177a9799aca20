import type { RouteComponent } from "vue-router";

/** A page: where it is, who works on it, and how it is reached. One line here is all a new page needs. */
export interface Page {
  path: string;
  name: string;
  /** Roles that may open it; empty: everybody who is signed in. */
  roles: string[];
  load: () => Promise<RouteComponent>;
  /** Icon in the navigation (ui/icons.ts); absent: not in the navigation. */
  icon?: string;
  /** The letter after `g` that goes there. */
  go?: string;
  /** Without the frame of navigation: sign-in, walls, phones. */
  bare?: boolean;
  /** Open to everybody, signed in or not. */
  open?: boolean;
  /** Opens without a network as well, for who was here last. */
  offline?: boolean;
}

export const PAGES: readonly Page[] = [
  { path: "/login", name: "login", roles: [], bare: true, open: true, load: () => import("@/pages/login/LoginPage.vue") },
  { path: "/intake", name: "intake", roles: ["operator"], icon: "phone", go: "n", load: () => import("@/pages/intake/IntakePage.vue") },
  { path: "/callbacks", name: "callbacks", roles: ["operator"], icon: "callback", go: "c", load: () => import("@/pages/callbacks/CallbacksPage.vue") },
  { path: "/triage", name: "triage", roles: ["dispatcher", "ruling", "admin"], icon: "triage", go: "t", load: () => import("@/pages/triage/TriagePage.vue") },
  { path: "/reception", name: "reception", roles: ["secretary"], icon: "reception", go: "r", load: () => import("@/pages/reception/ReceptionPage.vue") },
  { path: "/inbox", name: "inbox", roles: ["unit", "secretary"], icon: "inbox", go: "i", load: () => import("@/pages/inbox/InboxPage.vue") },
  { path: "/supervision", name: "supervision", roles: ["secretary", "unit", "dispatcher", "admin", "auditor"], icon: "supervision", go: "s", load: () => import("@/pages/supervision/SupervisionPage.vue") },
  { path: "/map", name: "map", roles: ["unit", "secretary", "dispatcher", "admin"], icon: "map", go: "m", load: () => import("@/pages/map/MapPage.vue") },
  { path: "/hall", name: "hall", roles: ["dashboard", "admin", "dispatcher", "secretary", "auditor"], icon: "hall", go: "h", bare: true, load: () => import("@/pages/hall/HallPage.vue") },
  { path: "/hall/control", name: "hall_control", roles: ["admin", "dispatcher", "secretary"], icon: "control", load: () => import("@/pages/hall_control/HallControlPage.vue") },
  { path: "/stats", name: "stats", roles: ["unit", "secretary", "dispatcher", "admin", "auditor", "operator", "ruling"], icon: "stats", go: "f", load: () => import("@/pages/stats/StatsPage.vue") },
  { path: "/directory", name: "directory", roles: ["admin", "dispatcher", "auditor"], icon: "directory", go: "d", load: () => import("@/pages/directory/DirectoryPage.vue") },
  { path: "/status", name: "status", roles: ["admin"], icon: "status", go: "o", load: () => import("@/pages/status/StatusPage.vue") },
  { path: "/tickets/:id", name: "ticket", roles: ["unit", "secretary", "operator", "dispatcher", "ruling", "admin", "auditor"], load: () => import("@/pages/ticket/TicketPage.vue") },
  { path: "/reception/:id", name: "reception_session", roles: ["secretary"], load: () => import("@/pages/meeting/MeetingPage.vue") },
  { path: "/m/inbox", name: "m_inbox", roles: ["unit", "secretary"], bare: true, offline: true, load: () => import("@/pages/m_inbox/MInboxPage.vue") },
];

export { assumeOffset, clockOffset, hearServerTime, serverNow, setServerTime, ticker } from "./clock";
export { live, LiveClient } from "./client";
export type { Change, Frame } from "./frames";
export { endLive, useLink } from "./link";
export type { Link, LinkState } from "./messages";
export { useView, type LiveView, type ViewOptions, type ViewState } from "./view";

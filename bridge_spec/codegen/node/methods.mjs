/** Emits the typed tables of the bridge's methods and notifications. */
import { HEADER } from "./packages.mjs";

const quote = (text) => JSON.stringify(text);
const comment = (text) => (text ? `/** ${text.replaceAll("*/", "* /")} */\n` : "");

/** Return the text of methods.ts. */
export function emitMethods({ methods, protocolVersion }) {
  const requests = methods.filter((row) => row.result !== null);
  const notifications = methods.filter((row) => row.result === null);
  const types = new Set(["Capability"]);
  for (const row of methods) {
    types.add(row.params);
    if (row.result !== null) types.add(row.result);
  }
  return `/* ${HEADER} */
import type { ${[...types].sort().join(", ")} } from "./types";

/** Spoken by both sides of a connection; \`session.open\` says it. */
export const PROTOCOL_VERSION = ${protocolVersion};

/** Who sits at an end of the bridge. */
export type Party = "host" | "chrome" | "page" | "launcher";

/** Method to what it takes and gives. */
export interface BridgeMethods {
${requests.map((row) => `${comment(row.summary)}${quote(row.name)}: { params: ${row.params}; result: ${row.result} };`).join("\n")}
}

/** Notification to what it carries. */
export interface BridgeNotifications {
${notifications.map((row) => `${comment(row.summary)}${quote(row.name)}: ${row.params};`).join("\n")}
}

export type MethodName = keyof BridgeMethods;
export type NotificationName = keyof BridgeNotifications;
export type Params<M extends MethodName> = BridgeMethods[M]["params"];
export type Result<M extends MethodName> = BridgeMethods[M]["result"];

/** What holds for a method besides its types. */
export interface MethodInfo {
  /** Who may send it. */
  readonly senders: readonly Party[];
  /** What a page needs for it; null is the baseline. */
  readonly capability: Capability | null;
  /** Whether a page's request counts only while the user's click or key is fresh. */
  readonly gesture: boolean;
}

/** What holds for a notification besides its types. */
export interface NotificationInfo {
  readonly senders: readonly Party[];
  readonly receivers: readonly Party[];
  /** What a page needs to get it; null is the baseline. */
  readonly capability: Capability | null;
}

export const METHODS: { readonly [M in MethodName]: MethodInfo } = {
${requests.map((row) => `${quote(row.name)}: ${JSON.stringify({ senders: row.senders, capability: row.capability, gesture: row.gesture })},`).join("\n")}
};

export const NOTIFICATIONS: { readonly [N in NotificationName]: NotificationInfo } = {
${notifications.map((row) => `${quote(row.name)}: ${JSON.stringify({ senders: row.senders, receivers: row.receivers, capability: row.capability })},`).join("\n")}
};

/** Tell whether a text names a method; safe for \`constructor\` and the like. */
export function isMethodName(name: string): name is MethodName {
  return Object.prototype.hasOwnProperty.call(METHODS, name);
}

/** Tell whether a text names a notification. */
export function isNotificationName(name: string): name is NotificationName {
  return Object.prototype.hasOwnProperty.call(NOTIFICATIONS, name);
}
`;
}

/**
 * The contract as the SDK, the chrome and the home page name it. Generated from bridge_spec; nothing is added here.
 */
export type * from "./_generated/types";
export type {
  BridgeMethods as Methods,
  BridgeNotifications as Notifications,
  MethodName,
  NotificationName,
} from "./_generated/methods";

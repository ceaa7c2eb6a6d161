/**
 * What the chrome's views share: the store, the bridge, the page's line and its way, and who decides on gestures.
 */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Bridge } from "./bridge/bridge";
import type { PageLink } from "./bridge/page-link";
import type { CallPages } from "./call-pages";
import type { RpcLog } from "./dev/rpc-log";
import type { SipLog } from "./dev/sip-log";
import type { GestureKeeper } from "./gesture";
import type { Library } from "./library";
import type { Navigation } from "./navigation";
import type { ChromeStore } from "./store";

export interface Chrome {
  bridge: Bridge;
  store: ChromeStore;
  page: PageLink;
  gestures: GestureKeeper;
  sipLog: SipLog;
  rpcLog: RpcLog;
  navigation: Navigation;
  library: Library;
  callPages: CallPages;
}

export const ChromeContext = createContext<Chrome | null>(null);

/** The chrome that the calling view belongs to. */
export function useChrome(): Chrome {
  const chrome = useContext(ChromeContext);
  if (chrome === null) throw new Error("a view outside of the chrome");
  return chrome;
}

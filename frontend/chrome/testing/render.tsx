/** Puts a view of the chrome into the document, on a host that answers as told. */
import { render, type ComponentChild } from "preact";
import { act } from "preact/test-utils";
import type { FakeHost } from "../../sdk/testing/fake-host";
import {
  account,
  accountEntry,
  branding,
  engine,
  providerUi,
  registration,
  session,
} from "../../sdk/testing/samples";
import { openBridge } from "../bridge/bridge";
import { PageLink } from "../bridge/page-link";
import { CallPages } from "../call-pages";
import { ChromeContext, type Chrome } from "../context";
import { RpcLog } from "../dev/rpc-log";
import { SipLog } from "../dev/sip-log";
import { GestureKeeper } from "../gesture";
import { Library } from "../library";
import { Navigation } from "../navigation";
import { ChromeStore } from "../store";
import { FakeNetwork } from "./fake-network";

export interface Rendered {
  chrome: Chrome;
  host: FakeHost;
  /** The element with this `data-testid`; throws when there is none. */
  find(testId: string): HTMLElement;
  /** What stands in the field with this `data-testid`. */
  value(testId: string): string;
  has(testId: string): boolean;
  click(testId: string): Promise<void>;
  type(testId: string, text: string): Promise<void>;
  press(testId: string, key: string): Promise<void>;
  /** Let the host tell something, and the views follow. */
  after(change: () => void): Promise<void>;
}

/** Answers of a host with a signed-in account. */
export function teachSignedIn(host: FakeHost): void {
  host
    .on("session.open", () => session)
    .on("notice.list", () => [])
    .on("account.get", () => account)
    .on("registration.get", () => registration)
    .on("engine.status", () => engine)
    .on("account.list", () => [accountEntry])
    .on("settings.get", () => ({ keep_running: false }))
    .on("address.take_offer", () => ({}))
    .on("provider.branding", () => branding)
    .on("provider.status", () => providerUi)
    .on("call.list", () => ({ calls: [] }));
}

export async function renderChrome(
  view: ComponentChild,
  prepare: (host: FakeHost) => void = teachSignedIn,
): Promise<Rendered> {
  const network = new FakeNetwork(prepare);
  const rpcLog = new RpcLog();
  const bridge = await openBridge(rpcLog.tap("chrome", network.openSocket), "a".repeat(32), () => undefined);
  const store = new ChromeStore(bridge);
  const gestures = new GestureKeeper(() => false);
  const page = new PageLink(
    bridge,
    network.openSocket,
    gestures.decide,
    () => gestures.withdraw(),
    () => undefined,
  );
  const navigation = new Navigation(bridge, page);
  const library = new Library(bridge);
  const callPages = new CallPages(bridge);
  const sipLog = new SipLog();
  const chrome: Chrome = { bridge, store, page, gestures, sipLog, rpcLog, navigation, library, callPages };
  const root = document.createElement("div");
  document.body.textContent = "";
  document.body.append(root);
  await act(async () => {
    await store.load();
    render(<ChromeContext.Provider value={chrome}>{view}</ChromeContext.Provider>, root);
  });
  const find = (testId: string): HTMLElement => {
    const element = document.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
    if (element === null) throw new Error(`nothing is called ${testId} in ${document.body.innerHTML}`);
    return element;
  };
  const after = async (change: () => void): Promise<void> => {
    await act(async () => {
      change();
      await settle();
    });
    // Effects ran when the first round ended; what they asked is answered in a second one.
    await act(settle);
  };
  return {
    chrome,
    host: network.last.host,
    find,
    value: (testId) => (find(testId) as HTMLInputElement).value,
    has: (testId) => document.querySelector(`[data-testid="${testId}"]`) !== null,
    click: (testId) => after(() => find(testId).click()),
    type: (testId, text) =>
      after(() => {
        const field = find(testId) as HTMLInputElement;
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    press: (testId, key) =>
      after(() => {
        find(testId).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      }),
    after,
  };
}

/** Let answers of the fake host, which come a few turns later, arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

/**
 * The controls in the document that say nothing to a screen reader: no text, no label, no name.
 */
export function nameless(): string[] {
  const controls = Array.from(
    document.querySelectorAll<HTMLElement>("button, input, select, textarea, iframe, [role]"),
  );
  return controls
    .filter(
      (element) =>
        !["status", "log", "alert", "timer", "presentation"].includes(element.getAttribute("role") ?? ""),
    )
    .filter((element) => {
      const label = element.getAttribute("aria-label") ?? element.getAttribute("title") ?? "";
      const wrapping = element.closest("label")?.textContent ?? "";
      return (label + wrapping + element.textContent).trim() === "";
    })
    .map((element) => element.outerHTML);
}

/**
 * The chrome's program: get the token, connect, show the window, and notice when the host is gone.
 */
import { computed, effect, untracked } from "@preact/signals";
import { render } from "preact";
import { ElsipoError } from "../sdk/errors";
import { hostAnswers, openBridge } from "./bridge/bridge";
import { PageLink } from "./bridge/page-link";
import { openSocket } from "./bridge/socket";
import { awaitToken } from "./bridge/token";
import { CallPages } from "./call-pages";
import type { Chrome } from "./context";
import { RpcLog } from "./dev/rpc-log";
import { SipLog } from "./dev/sip-log";
import { GestureKeeper, isFrameActivated, isFromHere, knowsActivation } from "./gesture";
import { Library } from "./library";
import { Navigation } from "./navigation";
import { ChromeStore } from "./store";
import { App, phase } from "./views/app";
import { windowTitle } from "./words";

declare global {
  interface Window {
    /** Called by the shell for Ctrl+F12, wherever the keyboard is. */
    elsipoToggleDevPanel?: () => void;
  }
}

/** How often a lost host is looked for, in milliseconds. */
const SEEK_MS = 2_000;
/** How long the shell may take to hand over the token, in milliseconds; the host waits longer. */
const TOKEN_MS = 5_000;

// The next document is handed a token of its own.
const token = awaitToken(window, TOKEN_MS, () => window.location.reload());
const rpcLog = new RpcLog();

async function start(): Promise<void> {
  let chrome: Chrome | null = null;
  const lose = (text: string): void => {
    chrome?.gestures.withdraw();
    phase.value = { kind: "lost", chrome, text };
    document.title = "Not connected – Elsipo";
    window.setInterval(seek, SEEK_MS);
  };
  try {
    const bridge = await openBridge(rpcLog.tap("chrome", openSocket), token, () =>
      lose("The program behind this window has ended or does not answer."),
    );
    chrome = build(bridge);
  } catch (error) {
    if (!(error instanceof ElsipoError)) throw error;
    lose(error.message);
    return;
  }
  phase.value = { kind: "open", chrome };
}

function build(bridge: Awaited<ReturnType<typeof openBridge>>): Chrome {
  const store = new ChromeStore(bridge);
  const gestures: GestureKeeper = new GestureKeeper(({ method }): boolean => {
    const ticket = page.ticket.peek();
    if (ticket === null) return false;
    // A link does no more than show another page of the provider, or a question to the user.
    if (method === "link.follow" && !knowsActivation())
      return document.activeElement === page.frame && gestures.paceLink();
    return (method === "link.follow" || isFromHere(ticket)) && isFrameActivated(page.frame);
  });
  const page: PageLink = new PageLink(
    bridge,
    rpcLog.tap("page", openSocket),
    gestures.decide,
    () => gestures.withdraw(),
    (isShownAgain) => {
      if (isShownAgain) void store.act(page.again());
      else store.say("error", "The page stopped answering again. Reload it to see it once more.");
    },
  );
  const navigation = new Navigation(bridge, page);
  bridge.on("page.changed", () => {
    // Who reads a page over SIP gets the other one at the next visit.
    if (navigation.entry.peek().kind === "home") void store.act(page.open());
  });
  const library = new Library(bridge);
  const callPages = new CallPages(bridge);
  bridge.on("link.followed", ({ link }) => {
    if (link.kind === "page") void navigation.open(link.uri, link.fields);
    else void offerCall(link.uri, { bridge, gestures, store });
  });
  const accountId = computed(() => store.session.value?.account_id);
  effect(() => {
    const isSignedIn = accountId.value !== undefined;
    untracked(() => {
      navigation.reset();
      library.forget();
      callPages.forget();
      if (!isSignedIn) return;
      // First of all: a page takes longer than anything else that is asked for here.
      void store.act(navigation.home());
      void library.load();
      void callPages.load();
    });
  });
  void store.load();
  effect(() => {
    document.title =
      accountId.value === undefined
        ? "Sign in – Elsipo"
        : windowTitle(store.account.value, store.registration.value, store.unread());
  });
  window.elsipoToggleDevPanel = () => (store.isDevPanelOpen.value = !store.isDevPanelOpen.value);
  return { bridge, store, page, gestures, sipLog: new SipLog(), rpcLog, navigation, library, callPages };
}

/** A link to somebody: whoever follows it is asked, with the number as it will be called. */
async function offerCall(
  target: string,
  { bridge, gestures, store }: Pick<Chrome, "bridge" | "gestures" | "store">,
): Promise<void> {
  if (await gestures.ask({ method: "call.dial", params: { target } }))
    await store.act(bridge.request("call.dial", { target }));
}

function seek(): void {
  void hostAnswers(openSocket).then((answers) => {
    // Our token is used up; a new document is given a new one.
    if (answers) window.location.reload();
  });
}

const root = document.getElementById("app");
if (root !== null) render(<App onRetry={seek} />, root);
void start();

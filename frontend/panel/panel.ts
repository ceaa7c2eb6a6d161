/**
 * `elsipo ui serve`: the page in its frame, and beside it buttons for what a provider and other people may do.
 *
 * Stands where the chrome stands, with the chrome's own relay and gate: hands the page a port when it greets, with a
 * played host behind it, asks the person where the chrome would, and loads the page anew when its files changed.
 */
import { effect } from "@preact/signals";
import { Relay } from "../chrome/bridge/relay";
import { GestureKeeper, isFrameActivated } from "../chrome/gesture";
import { HELLO, PORT } from "../sdk/connection";
import { Pace, type Rate } from "./pace";
import { Simulator, type Golden, type Rules } from "./simulator";

interface Setting extends Omit<Rules, "paces"> {
  kind: "provider" | "local";
  said: string;
  page_url: string;
  page_origin: string;
  paces: Record<string, Rate>;
  golden: Golden;
  stamp: string;
}

const LOOK_AGAIN_MS = 400;
const MAX_LOG = 200;

const log = element("log", HTMLOListElement);
let simulator: Simulator | null = null;
let frame: HTMLIFrameElement | null = null;

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`There is no ${id}.`);
  return found;
}

/** A frame of its own for each load, as in the chrome. */
function show(url: string): void {
  const fresh = document.createElement("iframe");
  fresh.title = "The page";
  fresh.dataset.testid = "page-frame";
  fresh.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms");
  fresh.src = url;
  frame?.remove();
  frame = fresh;
  document.body.prepend(fresh);
}

function write(line: string): void {
  const item = document.createElement("li");
  item.textContent = line;
  log.prepend(item);
  if (log.childElementCount > MAX_LOG) log.lastElementChild?.remove();
}

function onClick(id: string, play: (played: Simulator) => void): void {
  element(id, HTMLButtonElement).addEventListener("click", () => {
    if (simulator === null) write("The page has not greeted: does it load /elsipo.js?");
    else play(simulator);
  });
}

const value = (id: string): string => element(id, HTMLInputElement).value;
onClick("play-message", (played) => played.messageFrom(value("who"), value("text")));
onClick("play-call", (played) => played.callFrom(value("who")));
onClick("play-answer", (played) => played.peerAnswers());
onClick("play-hang-up", (played) => played.peerHangsUp());
onClick("play-failure", (played) => played.registrationFails());
onClick("play-success", (played) => played.registrationWorks());
onClick("play-fragment", (played) => played.fragment(value("element"), value("html")));

async function json<T>(path: string): Promise<T> {
  const answer = await fetch(path);
  return (await answer.json()) as T;
}

let setting: Setting | null = null;
/** As in a window of Elsipo: one count for the page, over all its loads. */
let paces: ReadonlyMap<string, Pace> | null = null;
let relay: Relay | null = null;

/** As in the chrome: a page of one's own is taken at its click, a provider's is asked about. */
const gestures = new GestureKeeper(
  ({ method }) => (method === "link.follow" || setting?.kind === "local") && isFrameActivated(frame),
);

const ask = element("ask", HTMLDivElement);
effect(() => {
  const pending = gestures.pending.value;
  ask.hidden = pending === null;
  if (pending === null) return;
  const { method, params } = pending.request;
  element("ask-text", HTMLParagraphElement).textContent =
    `The page asks: ${method} ${JSON.stringify(params)}`;
});
element("ask-allow", HTMLButtonElement).addEventListener("click", () => gestures.pending.value?.answer(true));
element("ask-deny", HTMLButtonElement).addEventListener("click", () => gestures.withdraw());

function unlink(): void {
  relay?.close();
  relay = null;
  simulator = null;
  gestures.withdraw();
}

/** Begin with the page as its files are now. */
async function load(): Promise<void> {
  unlink();
  setting = await json<Setting>("/setting.json");
  paces ??= new Map(Object.entries(setting.paces).map(([method, rate]) => [method, new Pace(rate)]));
  write(setting.said);
  show(setting.page_url);
}

function link(page: Window, { capabilities, elements, golden, page_origin }: Setting): void {
  unlink();
  const { port1, port2 } = new MessageChannel();
  const played: Simulator = new Simulator(
    { capabilities, elements, paces: paces ?? new Map<string, Pace>() },
    golden,
    (text) => line.toPage(text),
    write,
  );
  const line: Relay = new Relay(
    port1,
    { send: (text) => played.receive(text), close: () => undefined },
    gestures.decide,
    () => write("The page answers nothing any more; Elsipo would load it anew."),
  );
  page.postMessage({ type: PORT, session: played.session }, page_origin, [port2]);
  relay = line;
  simulator = played;
  document.title = "Elsipo: a page and its played provider";
}

window.addEventListener("message", (event: MessageEvent<{ type?: unknown } | null>) => {
  const page = frame?.contentWindow;
  if (!page || setting === null || event.source !== page || event.origin !== setting.page_origin) return;
  if (event.data?.type === HELLO) link(page, setting);
});

async function watch(): Promise<void> {
  const known = setting?.stamp;
  const { stamp } = await json<{ stamp?: string }>("/stamp.json").catch(() => ({ stamp: known }));
  if (stamp !== known) {
    write("The files changed: loaded anew.");
    await load().catch(() => undefined);
  }
  window.setTimeout(() => void watch(), LOOK_AGAIN_MS);
}

void load().then(watch);

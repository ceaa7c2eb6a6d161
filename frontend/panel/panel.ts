/**
 * `elsipo ui serve`: the page in its frame, and beside it buttons for what a provider and other people may do.
 *
 * Stands where the chrome stands: hands the page a port when it greets, with a played host behind it, and loads the page
 * anew when its files changed.
 */
import { HELLO, PORT } from "../sdk/connection";
import type { Capability } from "../sdk/model";
import { Simulator, type Golden } from "./simulator";

interface Setting {
  page_url: string;
  page_origin: string;
  capabilities: Capability[];
  golden: Golden;
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

async function start(): Promise<void> {
  const setting = await json<Setting>("/setting.json");
  window.addEventListener("message", (event: MessageEvent<{ type?: unknown } | null>) => {
    if (event.source !== frame?.contentWindow || event.origin !== setting.page_origin) return;
    if (event.data?.type !== HELLO) return;
    const { port1, port2 } = new MessageChannel();
    const played = new Simulator(
      setting.capabilities,
      setting.golden,
      (text) => port1.postMessage(text),
      write,
    );
    port1.onmessage = ({ data }: MessageEvent<string>) => played.receive(data);
    frame.contentWindow?.postMessage({ type: PORT, session: played.session }, setting.page_origin, [port2]);
    simulator = played;
    document.title = "Elsipo: a page and its played provider";
  });
  show(setting.page_url);
  await watch(setting.page_url, null);
}

async function watch(url: string, known: string | null): Promise<void> {
  const { stamp } = await json<{ stamp: string }>("/stamp.json").catch(() => ({ stamp: known ?? "" }));
  if (known !== null && stamp !== known) {
    write("The files changed: loaded anew.");
    simulator = null;
    show(url);
  }
  window.setTimeout(() => void watch(url, stamp), LOOK_AGAIN_MS);
}

void start();

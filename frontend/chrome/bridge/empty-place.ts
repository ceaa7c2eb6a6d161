/**
 * An empty document in the walls of a page over SIP, loaded before anybody asks for a page: the next one is written into
 * it. A navigation to another process takes Chromium several times as long as the question and its answer.
 *
 *   none → loading → ready → taken by a page, for good
 *             ↘ not in time: the page is loaded from its address, as the first one is
 *
 * Each takes one page alone, so that no page meets what another left. It greets us with nothing secret, and is believed
 * only where the window is the one that we framed; it believes nobody but its parent.
 */
import { signal } from "@preact/signals";
import { ElsipoError } from "../../sdk/errors";
import type { Bridge } from "./bridge";

/** The empty document says that it listens. The host's document says the same words. */
const EMPTY = "elsipo.empty";
/** The page that it becomes. */
const PAGE = "elsipo.page";

/** A page is loaded from its address rather than wait longer for an empty place, in milliseconds. */
const READY_WITHIN_MS = 100;

/** A frame of the chrome's: which, and what it loads. */
export interface FrameSource {
  key: number;
  url: string;
}

export class EmptyPlace {
  /** The frame that waits beneath the page; null where none does. */
  readonly source = signal<FrameSource | null>(null);
  readonly #bridge: Bridge;
  readonly #nextKey: () => number;
  #frame: HTMLIFrameElement | null = null;
  #hasGreeted = false;
  #hasLoaded = false;
  #isAsking = false;
  /** Of several that were begun, only the latest counts. */
  #attempt = 0;
  #whenReady: (() => void) | null = null;

  /** @param nextKey gives each frame of the chrome a key of its own */
  constructor(bridge: Bridge, nextKey: () => number) {
    this.#bridge = bridge;
    this.#nextKey = nextKey;
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      const own = this.#frame?.contentWindow;
      if (own === null || own === undefined || event.source !== own || !isGreeting(event.data)) return;
      this.#hasGreeted = true;
      this.#look();
    });
  }

  /** The frame, once it is laid out. */
  attach(frame: HTMLIFrameElement | null): void {
    this.#frame = frame;
  }

  /** The frame has loaded; what is written into it loads once more. */
  loaded(): void {
    this.#hasLoaded = true;
    this.#look();
  }

  /** Have one; what goes wrong costs time alone. */
  async prepare(): Promise<void> {
    if (this.#isAsking || this.source.value !== null) return;
    const attempt = ++this.#attempt;
    this.#isAsking = true;
    try {
      const { url } = await this.#bridge.request("sip_page.empty_place", {});
      if (attempt === this.#attempt) this.source.value = { key: this.#nextKey(), url };
    } catch (error) {
      // The page is loaded from its address.
      if (!(error instanceof ElsipoError)) throw error;
    } finally {
      if (attempt === this.#attempt) this.#isAsking = false;
    }
  }

  /** Have none: nobody is where a page over SIP could be next, or the renderer is not to be trusted to live. */
  drop(): void {
    this.#attempt += 1;
    this.#isAsking = this.#hasGreeted = this.#hasLoaded = false;
    this.#frame = null;
    this.source.value = null;
    this.#whenReady?.();
  }

  /** Whether there is one, which may be on its way. */
  async isReady(): Promise<boolean> {
    if (!this.#isReady && (this.#isAsking || this.source.value !== null))
      await new Promise<void>((resolve) => {
        const timer = window.setTimeout(resolve, READY_WITHIN_MS);
        this.#whenReady = () => {
          window.clearTimeout(timer);
          resolve();
        };
      });
    return this.#isReady;
  }

  /** Write a page into the place, whose frame shows it from now on; null where there is none. */
  fill(markup: string): FrameSource | null {
    const source = this.source.value;
    if (!this.#isReady || source === null) return null;
    // No document can be addressed by an opaque origin. Nothing but our own document was ever in that frame.
    this.#frame?.contentWindow?.postMessage({ type: PAGE, markup }, "*");
    this.drop();
    return source;
  }

  get #isReady(): boolean {
    return this.#hasGreeted && this.#hasLoaded;
  }

  #look(): void {
    if (this.#isReady) this.#whenReady?.();
  }
}

function isGreeting(data: unknown): boolean {
  return typeof data === "object" && data !== null && (data as { type?: unknown }).type === EMPTY;
}

/**
 * Whether the user wants what a page asks for (methods with `x-gesture` in the contract).
 *
 * Chromium tells a frame's user activation to the frames above it. So when the frame has the focus and our own window
 * counts as active, the click or key was the user's, in the page. That is proof enough for the built-in home and for
 * the person's own files; a page from the web, and a Chromium too old to say (below 72), gets a bar with one click.
 */
import { signal } from "@preact/signals";
import type { PageTicket } from "../sdk/model";
import type { GestureRequest } from "./bridge/relay";

/** A question to the user, waiting for its answer. */
export interface Confirmation {
  request: GestureRequest;
  answer(allowed: boolean): void;
}

interface Activation {
  userActivation?: { readonly isActive: boolean };
}

/** Tell whether the page is Elsipo's own or of the person's own files, so that its gestures are taken for the user's. */
export function isFromHere(ticket: PageTicket): boolean {
  return ticket.kind === "home" || ticket.kind === "local";
}

/** Tell whether this Chromium can say that the user has just clicked or typed; those below 72 cannot. */
export function knowsActivation(browser: Activation = navigator): boolean {
  return browser.userActivation !== undefined;
}

/** Tell whether the user has just clicked or typed in `frame`, as far as this window can know. */
export function isFrameActivated(frame: Element | null, browser: Activation = navigator): boolean {
  return frame !== null && browser.userActivation?.isActive === true && document.activeElement === frame;
}

/** Least time between two links that a page has followed where no Chromium tells whose will it was, in milliseconds. */
const LINK_PACE_MS = 1_000;

/** A click is told by way of the browser process, a request by the page's port: the news may come after the request. */
const ACTIVATION_MS = 200;
const LOOK_MS = 10;

export class GestureKeeper {
  /** The question that the confirmation bar shows. */
  readonly pending = signal<Confirmation | null>(null);
  readonly #isProven: (request: GestureRequest) => boolean;
  #linkAt = -Infinity;

  /** @param isProven tells whether the latest gesture counts for this without asking */
  constructor(isProven: (request: GestureRequest) => boolean) {
    this.#isProven = isProven;
  }

  /** Allow at once on proof; else ask. While one question stands, further ones are refused, not stacked. */
  readonly decide = async (request: GestureRequest): Promise<boolean> => {
    if (this.#isProven(request)) return true;
    for (let waited = 0; waited < ACTIVATION_MS && knowsActivation(); waited += LOOK_MS) {
      await new Promise((resolve) => window.setTimeout(resolve, LOOK_MS));
      if (this.#isProven(request)) return true;
    }
    return this.ask(request);
  };

  /** Ask the user, whatever was clicked before. */
  readonly ask = (request: GestureRequest): Promise<boolean> => {
    if (this.pending.value !== null) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.pending.value = {
        request,
        answer: (allowed) => {
          this.pending.value = null;
          resolve(allowed);
        },
      };
    });
  };

  /** Whether a link may be followed on focus alone: not more than one a second. */
  paceLink(nowMs: number = performance.now()): boolean {
    if (nowMs - this.#linkAt < LINK_PACE_MS) return false;
    this.#linkAt = nowMs;
    return true;
  }

  /** The page that asked is gone. */
  withdraw(): void {
    this.pending.value?.answer(false);
  }
}

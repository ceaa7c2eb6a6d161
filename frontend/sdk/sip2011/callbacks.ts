/**
 * The page's callbacks of 2011: global functions `sipcb_EVENT`, looked up when an event comes, and functions that were
 * registered by event name. A page that defines none is left alone.
 */

/** What can happen, without the `sipcb_` in front. */
export type EventName =
  "register_ok" | "register_failed" | "alert" | "message" | "message_failed" | "call_in" | "call_ended";

const PREFIX = "sipcb_";
const EVENTS: readonly EventName[] = [
  "register_ok",
  "register_failed",
  "alert",
  "message",
  "message_failed",
  "call_in",
  "call_ended",
];

type Callback = (...words: string[]) => void;

export class Callbacks {
  readonly #page: Window;
  /** By event; a name is looked up when the event comes, like a `sipcb_` function. */
  readonly #registered = new Map<string, unknown>();

  constructor(page: Window) {
    this.#page = page;
  }

  /**
   * Hear an event, with or without the `sipcb_` in front, besides the global function of that name.
   *
   * @param callback a function, or the name of a global one; a later one replaces it
   * @returns 0, or -1 for what cannot be called
   */
  register(event: unknown, callback: unknown): 0 | -1 {
    if (typeof callback !== "function" && typeof callback !== "string") return -1;
    this.#registered.set(String(event).replace(PREFIX, ""), callback);
    return 0;
  }

  /** Tell whether the page listens to `event`, or to any. */
  has(event?: EventName): boolean {
    const events = event === undefined ? EVENTS : [event];
    return events.some((name) => this.#of(name).length > 0);
  }

  /** Call whoever listens. What they throw is the page's own error, and keeps nobody else from hearing. */
  tell(event: EventName, ...words: string[]): void {
    for (const callback of this.#of(event)) {
      try {
        callback.apply(this.#page, words);
      } catch (error) {
        this.#page.setTimeout(() => {
          throw error;
        });
      }
    }
  }

  #of(event: EventName): Callback[] {
    const registered = this.#registered.get(event);
    const named = typeof registered === "string" ? this.#global(registered) : registered;
    const found = [this.#global(PREFIX + event), named].filter(
      (value): value is Callback => typeof value === "function",
    );
    return Array.from(new Set(found));
  }

  #global(name: string): unknown {
    return (this.#page as unknown as Record<string, unknown>)[name];
  }
}

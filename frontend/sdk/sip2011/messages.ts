/**
 * Instant messages as a page of 2011 sees them: each one that comes in, and each one of its own that could not be
 * delivered. What the provider sends for an element of the page counts as a message, too: 2011 pages put it there
 * themselves.
 */
import type { Elsipo } from "../api";
import type { Message } from "../model";
import type { Callbacks } from "./callbacks";
import { words } from "./registration";

/** Failures that came before the id of the message they are about; more than can be on their way at once. */
const MAX_EARLY = 64;

export class Messages2011 {
  /** Our messages that have no fate yet: id to the address as the page gave it. */
  readonly #sent = new Map<string, string>();
  readonly #early = new Map<string, Message>();
  #domain: Promise<string> | null = null;
  readonly #elsipo: Elsipo;
  readonly #callbacks: Callbacks;

  constructor(elsipo: Elsipo, callbacks: Callbacks) {
    this.#elsipo = elsipo;
    this.#callbacks = callbacks;
    elsipo.on("message.received", ({ message, from_header: from }) =>
      callbacks.tell("message", sender(from, message.peer), mediaType(message.content_type), message.body),
    );
    elsipo.on("message.state_changed", ({ message }) => this.#observe(message));
    elsipo.on("fragment.received", ({ fragment }) => {
      if (!callbacks.has("message")) return;
      const tell = (domain: string): void =>
        callbacks.tell("message", `<sip:id-${fragment.element_id}@${domain}>`, "text/html", fragment.html);
      this.#ownDomain().then(tell, () => undefined);
    });
  }

  send(to: string, body: string): void {
    this.#elsipo.message.send({ to, body }).then(
      (message) => {
        const known = this.#early.get(message.message_id) ?? message;
        this.#sent.set(message.message_id, to);
        this.#observe(known);
      },
      (error: unknown) => this.#callbacks.tell("alert", words(error)),
    );
  }

  #observe(message: Message): void {
    const id = message.message_id;
    const to = this.#sent.get(id);
    if (message.state === "sent") {
      this.#sent.delete(id);
    } else if (message.state === "failed") {
      if (to === undefined) {
        this.#remember(message);
        return;
      }
      this.#sent.delete(id);
      this.#early.delete(id);
      // The code was a text in 2011, and pages that compare it strictly expect one.
      this.#callbacks.tell("message_failed", to, String(message.sip_status), message.reason_phrase);
    }
  }

  #remember(message: Message): void {
    this.#early.set(message.message_id, message);
    const [oldest] = this.#early.keys();
    if (this.#early.size > MAX_EARLY && oldest !== undefined) this.#early.delete(oldest);
  }

  #ownDomain(): Promise<string> {
    this.#domain ??= this.#elsipo.account.get().then(({ aor }) => aor.split("@").pop() ?? "");
    this.#domain.catch(() => (this.#domain = null));
    return this.#domain;
  }
}

/** The From header as pjsip printed it: name and address in brackets, without the header's own parameters (its tag). */
export function sender(header: string | undefined, peer: string): string {
  const named = /^\s*(?:"(?:[^"\\]|\\.)*"|[^<"]*)\s*<[^>]*>/.exec(header ?? "");
  if (named !== null) return named[0].trim();
  const uri = (header ?? "").split(";")[0]?.trim() ?? "";
  return `<${uri === "" ? peer : uri}>`;
}

function mediaType(contentType: string): string {
  return contentType.split(";")[0]?.trim() ?? "";
}

/**
 * Carries texts between the page's MessagePort and the page's own socket, and holds back what needs the user's will.
 *
 * The page is not trusted: what it posts is parsed here and sent on as this parser understood it, so that host and
 * chrome cannot read one text in two ways. What the host answers goes to the page as it is.
 */
import { METHODS, isMethodName } from "../../sdk/_generated/methods";
import { CLOSED, PING, PONG } from "../../sdk/connection";
import { GestureRequiredError, InvalidRequestError, ParseError, type ElsipoError } from "../../sdk/errors";
import type { Socket } from "./socket";

/** A page's request that counts only with a gesture, in the words of the contract. */
export interface GestureRequest {
  method: "call.dial" | "call.answer" | "device.sign_out" | "link.follow";
  params: Record<string, unknown>;
}

/** Decides whether the user wants it. */
export type GestureGate = (request: GestureRequest) => Promise<boolean>;

/** Longer than any request of the contract can be, escaped. In UTF-16 units. */
const MAX_TEXT = 524_288;

const PING_MS = 2_000;
/** A page may be busy for as long as this many pings take. */
const MOST_UNANSWERED = 4;

export class Relay {
  #over = false;
  readonly #port: MessagePort;
  readonly #socket: Socket;
  readonly #gate: GestureGate;
  readonly #pulse: number;
  #unanswered = 0;
  /** Whether the page's SDK knows pings. */
  #answers = false;

  /** @param onSilence called when a page that used to say that it lives says so no more */
  constructor(port: MessagePort, socket: Socket, gate: GestureGate, onSilence: () => void) {
    this.#port = port;
    this.#socket = socket;
    this.#gate = gate;
    port.onmessage = (event: MessageEvent<unknown>) => this.#fromPage(event.data);
    const ping = (): void => {
      // By pings, not by the clock: a machine that slept for hours has asked nothing meanwhile.
      if (this.#unanswered < MOST_UNANSWERED) port.postMessage({ type: PING });
      else if (this.#unanswered === MOST_UNANSWERED && this.#answers) onSilence();
      this.#unanswered += 1;
    };
    ping();
    this.#pulse = window.setInterval(ping, PING_MS);
  }

  /** A text of the host for the page. */
  toPage(text: string): void {
    if (!this.#over) this.#port.postMessage(text);
  }

  /** The page has a reason to be silent: it is told of as if it had answered just now. */
  bearWith(): void {
    this.#unanswered = 0;
  }

  /** End both sides; the page is told that the line is gone. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    window.clearInterval(this.#pulse);
    this.#port.postMessage({ type: CLOSED });
    this.#port.onmessage = null;
    this.#port.close();
    this.#socket.close();
  }

  #fromPage(data: unknown): void {
    if (this.#over) return;
    if (isPong(data)) {
      this.#answers = true;
      this.#unanswered = 0;
      return;
    }
    if (typeof data !== "string" || data.length > MAX_TEXT) {
      this.#refuse(null, new InvalidRequestError());
      return;
    }
    let message: unknown;
    try {
      message = JSON.parse(data);
    } catch {
      this.#refuse(null, new ParseError());
      return;
    }
    const members = Array.isArray(message) ? (message as unknown[]) : [message];
    const held = members.filter(isGestureRequest);
    if (held.length === 0) {
      this.#socket.send(JSON.stringify(message));
      return;
    }
    const free = members.filter((member) => !isGestureRequest(member));
    if (free.length > 0) this.#socket.send(JSON.stringify(free));
    held.forEach((request) => void this.#ask(request));
  }

  async #ask(request: GestureRequest & { id?: unknown }): Promise<void> {
    const allowed = await this.#gate(request);
    if (this.#over) return;
    if (allowed) this.#socket.send(JSON.stringify(request));
    else this.#refuse(request.id, new GestureRequiredError());
  }

  #refuse(id: unknown, error: ElsipoError): void {
    // A notification gets no answer, not even a refusal (JSON-RPC 2.0 §4.1).
    if (id === undefined || this.#over) return;
    this.#port.postMessage(JSON.stringify({ jsonrpc: "2.0", id, error: error.toWire() }));
  }
}

function isPong(data: unknown): boolean {
  return typeof data === "object" && data !== null && (data as { type?: unknown }).type === PONG;
}

function isGestureRequest(value: unknown): value is GestureRequest & { id?: unknown } {
  if (typeof value !== "object" || value === null) return false;
  const { method, params } = value as { method?: unknown; params?: unknown };
  if (typeof method !== "string" || !isMethodName(method) || !METHODS[method].gesture) return false;
  if (typeof params !== "object" || params === null) (value as { params: unknown }).params = {};
  return true;
}

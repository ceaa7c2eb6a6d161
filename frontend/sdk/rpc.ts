/**
 * The asking side of JSON-RPC 2.0 over anything that carries texts.
 *
 * It knows no socket, no port and no view: it is handed a way to send and is fed what arrives. Requests go by name,
 * answers are matched by id, and all that is pending fails at once when the channel ends.
 */
import { ConnectionLostError, ElsipoError, RequestTimeoutError, errorFromWire } from "./errors";
import type { MethodName, Methods, NotificationName, Notifications } from "./model";

/** How long an answer may take, in milliseconds, unless `TIMEOUTS_MS` knows better. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** Methods that wait for a person, or for a SIP transaction (64·T1 = 32 s, RFC 3261 §17.1.2.2). */
const TIMEOUTS_MS: Partial<Record<MethodName, number>> = {
  "call.dial": 60_000,
  "call.answer": 60_000,
  "device.sign_out": 60_000,
  "service.request": 40_000,
  "service.query": 20_000,
  // A plugin's process may have to start first.
  "plugin.call": 30_000,
  "plugin.describe": 20_000,
  "sip_page.ask": 40_000,
  "link.follow": 60_000,
};

export type NotificationHandler = <N extends NotificationName>(name: N, params: Notifications[N]) => void;

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: ElsipoError) => void;
  timer: number;
}

interface Incoming {
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: unknown;
}

/** How long `method` may take with these parameters, in milliseconds. */
export function timeoutOf<M extends MethodName>(method: M, params: Methods[M]["params"]): number {
  const extra = "duration_ms" in params ? params.duration_ms : 0;
  return (TIMEOUTS_MS[method] ?? DEFAULT_TIMEOUT_MS) + extra;
}

export class RpcClient {
  #nextId = 1;
  #closed = false;
  readonly #pending = new Map<number, Pending>();
  readonly #send: (text: string) => void;
  readonly #onNotification: NotificationHandler;

  /**
   * @param send puts one text on the channel
   * @param onNotification hears every notification of the host
   */
  constructor(send: (text: string) => void, onNotification: NotificationHandler) {
    this.#send = send;
    this.#onNotification = onNotification;
  }

  /**
   * Ask, and wait for the answer.
   *
   * Rejects with the ElsipoError that the host answered, RequestTimeoutError after `timeoutMs`, or
   * ConnectionLostError when the channel ended first.
   */
  request<M extends MethodName>(
    method: M,
    params: Methods[M]["params"],
    timeoutMs: number = timeoutOf(method, params),
  ): Promise<Methods[M]["result"]> {
    if (this.#closed) return Promise.reject(new ConnectionLostError());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.#pending.delete(id);
        reject(new RequestTimeoutError());
      }, timeoutMs);
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      this.#send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  /**
   * Take one text off the channel, a message or a batch of them (JSON-RPC 2.0 §6). What is not an answer to us or a
   * notification is ignored: the host never asks.
   */
  receive(text: string): void {
    parsed(text).forEach((message) => this.#receiveOne(message));
  }

  #receiveOne(message: Incoming): void {
    if (typeof message.method === "string") {
      if (message.id === undefined) {
        this.#onNotification(message.method as NotificationName, message.params ?? {});
      }
      return;
    }
    const pending = typeof message.id === "number" ? this.#pending.get(message.id) : undefined;
    if (pending === undefined) return;
    this.#pending.delete(message.id as number);
    window.clearTimeout(pending.timer);
    if (message.error === undefined) pending.resolve(message.result);
    else pending.reject(errorFromWire(message.error));
  }

  /** The channel has ended: everything pending fails, and so does every later request. */
  close(): void {
    this.#closed = true;
    for (const { reject, timer } of this.#pending.values()) {
      window.clearTimeout(timer);
      reject(new ConnectionLostError());
    }
    this.#pending.clear();
  }
}

function parsed(text: string): Incoming[] {
  try {
    const value: unknown = JSON.parse(text);
    const several: unknown[] = Array.isArray(value) ? value : [value];
    return several.filter((one): one is Incoming => typeof one === "object" && one !== null);
  } catch {
    return [];
  }
}

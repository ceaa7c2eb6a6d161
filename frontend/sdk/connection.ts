/**
 * How a page gets its line to the host, and keeps it.
 *
 * The page greets its parent, which is the chrome; the chrome checks who greets and hands over one end of a
 * MessagePort. The port carries JSON-RPC texts; anything else on it is the chrome speaking about the line itself. A
 * fresh port may come at any time (the engine room was rebuilt) and replaces the old one.
 *
 *   waiting → connected → waiting → connected …
 */
import { PROTOCOL_VERSION } from "./_generated/methods";
import { ConnectionLostError } from "./errors";
import type { MethodName, Methods, Session } from "./model";
import { RpcClient, timeoutOf, type NotificationHandler } from "./rpc";

export const HELLO = "elsipo.hello";
export const PORT = "elsipo.port";
export const CLOSED = "elsipo.closed";
/** The chrome asks now and then whether the page lives: nothing else tells it of the death of a frame's renderer. */
export const PING = "elsipo.ping";
export const PONG = "elsipo.pong";

interface Hooks {
  onConnected(session: Session): void;
  onDisconnected(): void;
  onNotification: NotificationHandler;
}

interface PortMessage {
  type: typeof PORT;
  session: Session;
}

export class PageConnection {
  readonly #window: Window;
  readonly #hooks: Hooks;
  readonly #waiting = new Set<(client: RpcClient) => void>();
  #client: RpcClient | null = null;
  #port: MessagePort | null = null;

  constructor(pageWindow: Window, hooks: Hooks) {
    this.#window = pageWindow;
    this.#hooks = hooks;
    pageWindow.addEventListener("message", (event) => {
      // Only the chrome is above us; a frame of the page's own, or an opener, is not believed.
      if (event.source !== pageWindow.parent || !isPortMessage(event.data)) return;
      const port = event.ports[0];
      if (port !== undefined) this.#adopt(port, event.data.session);
    });
  }

  /** Greet the chrome. The greeting holds nothing secret, so it may go to whoever embeds this page. */
  hello(): void {
    if (this.#window.parent === this.#window) return;
    this.#window.parent.postMessage({ type: HELLO, protocol_version: PROTOCOL_VERSION }, "*");
  }

  /** Ask the host; while there is no line, wait for one as long as the answer might have taken. */
  request<M extends MethodName>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    if (this.#client !== null) return this.#client.request(method, params);
    return new Promise((resolve, reject) => {
      const proceed = (client: RpcClient): void => {
        this.#window.clearTimeout(timer);
        this.#waiting.delete(proceed);
        client.request(method, params).then(resolve, reject);
      };
      const timer = this.#window.setTimeout(
        () => {
          this.#waiting.delete(proceed);
          reject(new ConnectionLostError());
        },
        timeoutOf(method, params),
      );
      this.#waiting.add(proceed);
    });
  }

  #adopt(port: MessagePort, session: Session): void {
    this.#drop();
    const client = new RpcClient((text) => port.postMessage(text), this.#hooks.onNotification);
    port.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === "string") client.receive(event.data);
      else if (isRecord(event.data) && event.data.type === CLOSED) this.#drop();
      else if (isRecord(event.data) && event.data.type === PING) port.postMessage({ type: PONG });
    };
    this.#client = client;
    this.#port = port;
    this.#hooks.onConnected(session);
    Array.from(this.#waiting).forEach((proceed) => proceed(client));
  }

  #drop(): void {
    const client = this.#client;
    if (client === null) return;
    this.#client = null;
    if (this.#port !== null) this.#port.onmessage = null;
    this.#port?.close();
    this.#port = null;
    client.close();
    this.#hooks.onDisconnected();
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isPortMessage(value: unknown): value is PortMessage {
  return isRecord(value) && value.type === PORT && isRecord(value.session);
}

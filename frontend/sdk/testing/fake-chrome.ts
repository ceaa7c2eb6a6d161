/** What is above a page, for unit tests: takes its greeting and hands ports over, with a host behind each. */
import { PORT } from "../connection";
import type { Session } from "../model";
import { FakeHost } from "./fake-host";
import { session as sampleSession } from "./samples";

interface FakePort {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(data: string): void;
  close(): void;
}

export class FakeChrome {
  /** The page's own window: the test's, but with somebody else above it. */
  readonly page: Window & typeof globalThis;
  /** What the page posted to the window above it. */
  readonly greetings: unknown[] = [];
  readonly #parent = { postMessage: (data: unknown) => this.greetings.push(data) };

  constructor() {
    this.page = new Proxy(window, {
      get: (target, key) => {
        if (key === "parent") return this.#parent;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
  }

  /** Hand a port over as the chrome does. */
  handOver(host: FakeHost, session: Session = sampleSession): FakePort {
    return this.post(host, this.#parent, { type: PORT, session });
  }

  /** Post anything to the page, from anybody. */
  post(host: FakeHost, source: unknown, data: unknown): FakePort {
    const port: FakePort = {
      onmessage: null,
      postMessage: (text) => host.receive(text),
      close: () => undefined,
    };
    host.send = (text) => port.onmessage?.({ data: text });
    const event = new Event("message");
    Object.assign(event, { source, data, ports: [port] });
    window.dispatchEvent(event);
    return port;
  }
}

/** A page of 2011 in a frame, for unit tests: its callbacks write down what they hear, its host answers as told. */
import { createElsipo } from "../api";
import { PORT } from "../connection";
import type { EventName } from "../sip2011/callbacks";
import { createSip, type Sip } from "../sip2011/sip";
import { FakeHost } from "./fake-host";
import { account, session } from "./samples";

export class Page2011 {
  readonly sip: Sip;
  readonly host = new FakeHost()
    .on("fragment.list", () => ({ fragments: [] }))
    .on("account.get", () => account)
    .on("call.list", () => ({ calls: [] }));
  /** What the callbacks heard: name, then parameters. */
  readonly heard: string[][] = [];
  readonly #parent = { postMessage: () => undefined };

  /** @param events the callbacks that the page defines */
  constructor(
    events: readonly EventName[] = [
      "register_ok",
      "register_failed",
      "alert",
      "message",
      "message_failed",
      "call_in",
      "call_ended",
    ],
  ) {
    const callbacks: Record<string, unknown> = {};
    for (const event of events) {
      callbacks[`sipcb_${event}`] = (...words: string[]) => this.heard.push([event, ...words]);
    }
    const page = new Proxy(window, {
      get: (target, key) => {
        if (key === "parent") return this.#parent;
        if (typeof key === "string" && key in callbacks) return callbacks[key];
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
    this.sip = createSip(createElsipo(page), page);
  }

  /** As the chrome does: hand a port over. */
  connect(): this {
    const port = {
      onmessage: null as ((event: { data: unknown }) => void) | null,
      postMessage: (text: string) => this.host.receive(text),
      close: () => undefined,
    };
    this.host.send = (text) => port.onmessage?.({ data: text });
    const event = new Event("message");
    Object.assign(event, { source: this.#parent, data: { type: PORT, session }, ports: [port] });
    window.dispatchEvent(event);
    return this;
  }

  /** Let answers of the fake host, which come a few turns later, arrive. */
  async settled(): Promise<this> {
    for (let turn = 0; turn < 24; turn += 1) await Promise.resolve();
    return this;
  }
}

/** Sockets without a network, each with a host of its own at the far end. */
import { ConnectionLostError } from "../../sdk/errors";
import { FakeHost } from "../../sdk/testing/fake-host";
import type { OpenSocket, SocketEvents } from "../bridge/socket";

export interface Line {
  host: FakeHost;
  /** Texts that were sent, as they were sent. */
  sent: string[];
  closed: boolean;
  /** The host ends it. */
  drop(): void;
}

export class FakeNetwork {
  readonly lines: Line[] = [];
  isDown = false;
  readonly #prepare: (host: FakeHost) => void;

  /** @param prepare teaches each host its answers */
  constructor(prepare: (host: FakeHost) => void = () => undefined) {
    this.#prepare = prepare;
  }

  readonly openSocket: OpenSocket = (events: SocketEvents) => {
    if (this.isDown) return Promise.reject(new ConnectionLostError());
    const host = new FakeHost();
    this.#prepare(host);
    const line: Line = {
      host,
      sent: [],
      closed: false,
      drop: () => {
        if (line.closed) return;
        line.closed = true;
        events.onClosed();
      },
    };
    host.send = (text) => events.onText(text);
    this.lines.push(line);
    return Promise.resolve({
      send: (text) => {
        line.sent.push(text);
        host.receive(text);
      },
      close: () => line.drop(),
    });
  };

  /** The line that was opened last. */
  get last(): Line {
    const line = this.lines[this.lines.length - 1];
    if (line === undefined) throw new Error("no line was opened");
    return line;
  }
}

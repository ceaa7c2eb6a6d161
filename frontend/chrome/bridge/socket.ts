/**
 * The one place that opens a WebSocket. Speaks texts; knows nothing of what they say.
 */
import { ConnectionLostError } from "../../sdk/errors";

export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  onText(text: string): void;
  /** Once, when a socket that was open is over for whatever reason. */
  onClosed(): void;
}

/** What `openSocket` does, as a type, so that tests can hand over their own. */
export type OpenSocket = (events: SocketEvents) => Promise<Socket>;

const SUBPROTOCOL = "elsipo.v1";

/** Open a socket to the host that served this document. Rejects with ConnectionLostError when the host takes none. */
export const openSocket: OpenSocket = (events) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${window.location.host}/rpc`, SUBPROTOCOL);
    let opened = false;
    socket.onopen = () => {
      opened = true;
      resolve({ send: (text) => socket.send(text), close: () => socket.close() });
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === "string") events.onText(event.data);
    };
    socket.onclose = () => {
      if (opened) events.onClosed();
      else reject(new ConnectionLostError());
    };
  });

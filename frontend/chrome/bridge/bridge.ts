/**
 * The chrome's own connection to the host: authorised first, then requests and notifications.
 *
 *   connecting → open → lost
 *
 * There is no way from lost to open: the token is used up. `revive` waits until the host answers again, and then a
 * reload of the document gets a new token from the shell.
 */
import { PROTOCOL_VERSION } from "../../sdk/_generated/methods";
import { Emitter } from "../../sdk/emitter";
import type { MethodName, Methods, Notifications, Session } from "../../sdk/model";
import { RpcClient } from "../../sdk/rpc";
import type { OpenSocket, Socket } from "./socket";

/** What views and stores need of the bridge. */
export interface Bridge {
  request<M extends MethodName>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
  on<N extends keyof Notifications>(name: N, listener: (params: Notifications[N]) => void): () => void;
}

export interface OpenBridge extends Bridge {
  readonly session: Session;
}

/**
 * Connect with `token`; the line is laid while that is still on its way.
 *
 * @param onLost called once when the open connection ends
 * @throws UnauthorizedError, ProtocolVersionError, ConnectionLostError
 */
export async function openBridge(
  openSocket: OpenSocket,
  token: string | Promise<string>,
  onLost: () => void,
): Promise<OpenBridge> {
  const emitter = new Emitter<Notifications>();
  let socket: Socket | null = null;
  let open = false;
  const client = new RpcClient(
    (text) => socket?.send(text),
    (name, params) => emitter.emit(name, params),
  );
  socket = await openSocket({
    onText: (text) => client.receive(text),
    onClosed: () => {
      client.close();
      if (open) onLost();
    },
  });
  const session = await client.request("session.open", {
    token: await token,
    protocol_version: PROTOCOL_VERSION,
  });
  open = true;
  return {
    session,
    request: (method, params) => client.request(method, params),
    on: (name, listener) => emitter.on(name, listener),
  };
}

/** Tell whether the host takes connections, by opening one and leaving. */
export async function hostAnswers(openSocket: OpenSocket): Promise<boolean> {
  try {
    const socket = await openSocket({ onText: () => undefined, onClosed: () => undefined });
    socket.close();
    return true;
  } catch {
    return false;
  }
}

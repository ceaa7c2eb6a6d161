/** The chrome's bridge to a host, without a socket in between. */
import { Emitter } from "../../sdk/emitter";
import type { Notifications } from "../../sdk/model";
import { RpcClient } from "../../sdk/rpc";
import type { FakeHost } from "../../sdk/testing/fake-host";
import type { Bridge } from "../bridge/bridge";

export function bridgeTo(host: FakeHost): Bridge {
  const emitter = new Emitter<Notifications>();
  const client = new RpcClient(
    (text) => host.receive(text),
    (name, params) => emitter.emit(name, params),
  );
  host.send = (text) => client.receive(text);
  return {
    request: (method, params) => client.request(method, params),
    on: (name, listener) => emitter.on(name, listener),
  };
}

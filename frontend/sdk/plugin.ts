/**
 * A plugin as a page sees it: its methods as promises, its notifications as events.
 *
 * Needs the capability `plugin.use`. What its methods are called and take, `describe` tells.
 */
import type { MethodName, Methods, Notifications, PluginDescription, PluginStatus } from "./model";

type Request = <M extends MethodName>(
  method: M,
  params: Methods[M]["params"],
) => Promise<Methods[M]["result"]>;
type Listen = (listener: (told: Notifications["plugin.notified"]) => void) => () => void;

export class Plugin {
  readonly name: string;
  readonly #request: Request;
  readonly #listen: Listen;

  constructor(name: string, request: Request, listen: Listen) {
    this.name = name;
    this.#request = request;
    this.#listen = listen;
  }

  /** Call a method with its parameters by name; resolves with what it gave. */
  async call(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    const answer = await this.#request("plugin.call", { plugin: this.name, method, params });
    return answer.value ?? null;
  }

  /** Listen to one of its notifications; the returned function stops listening. */
  on(name: string, listener: (params: Record<string, unknown>) => void): () => void {
    return this.#listen((told) => {
      if (told.plugin === this.name && told.name === name) listener(told.params);
    });
  }

  /** Its methods and notifications, with their schemas. */
  describe(): Promise<PluginDescription> {
    return this.#request("plugin.describe", { plugin: this.name });
  }

  /** Start its process anew, as after it was given up. */
  restart(): Promise<PluginStatus> {
    return this.#request("plugin.restart", { plugin: this.name });
  }
}

/**
 * Pages that applications show beside calls, as the host tells: offered ones wait for the person's word.
 */
import { signal } from "@preact/signals";
import { ElsipoError } from "../sdk/errors";
import type { CallPage } from "../sdk/model";
import type { Bridge } from "./bridge/bridge";

export class CallPages {
  /** Oldest first. */
  readonly all = signal<readonly CallPage[]>([]);
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on("call_page.list_changed", ({ list }) => (this.all.value = list.pages));
  }

  /** Fetch what is there now; who is signed out meanwhile has no calls. */
  async load(): Promise<void> {
    try {
      this.all.value = (await this.#bridge.request("call_page.list", {})).pages;
    } catch (error) {
      if (!(error instanceof ElsipoError)) throw error;
    }
  }

  /** Another account is here now, or none. */
  forget(): void {
    this.all.value = [];
  }
}

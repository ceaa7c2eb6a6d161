/**
 * Pages over SIP that the person knows: visited ones and bookmarks, as the host tells.
 */
import { signal } from "@preact/signals";
import { ElsipoError } from "../sdk/errors";
import type { KnownPage } from "../sdk/model";
import type { Bridge } from "./bridge/bridge";

export class Library {
  /** Newest first, as are the bookmarks. */
  readonly history = signal<readonly KnownPage[]>([]);
  readonly bookmarks = signal<readonly KnownPage[]>([]);
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on("sip_page.history_changed", ({ list }) => (this.history.value = list.pages));
    bridge.on("bookmark.list_changed", ({ list }) => (this.bookmarks.value = list.pages));
  }

  /** Fetch what is known now; who is signed out meanwhile has nothing to know. */
  async load(): Promise<void> {
    try {
      this.history.value = (await this.#bridge.request("sip_page.history", {})).pages;
      this.bookmarks.value = (await this.#bridge.request("bookmark.list", {})).pages;
    } catch (error) {
      if (!(error instanceof ElsipoError)) throw error;
    }
  }

  /** Another account is here now, or none. */
  forget(): void {
    this.history.value = [];
    this.bookmarks.value = [];
  }

  /** Whether the person has been at this page, or keeps it. */
  knows(uri: string): boolean {
    return [...this.bookmarks.value, ...this.history.value].some((page) => page.uri === uri);
  }

  keeps(uri: string): boolean {
    return this.bookmarks.value.some((page) => page.uri === uri);
  }
}

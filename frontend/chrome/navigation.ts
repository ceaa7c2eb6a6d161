/**
 * The way of this window through pages: the account's own page, and pages over SIP that were asked for from there on.
 *
 *   at rest → loading → at rest (another entry, with a page or with a problem)
 *                    ↘ stopped: the entry stays what it was
 *
 * A question over SIP cannot be called back (RFC 4320 §4: a non-INVITE is never cancelled). To stop is to let its answer
 * go by.
 */
import { batch, computed, signal } from "@preact/signals";
import { ContentRefusedError, ElsipoError, NotFoundError } from "../sdk/errors";
import type { FormField, SipPage } from "../sdk/model";
import type { Bridge } from "./bridge/bridge";
import type { PageLink } from "./bridge/page-link";

/** The account's own page. */
export interface HomeEntry {
  kind: "home";
}

export interface SipEntry {
  kind: "sip";
  /** Where it is; as it was typed where the host could not understand it. */
  uri: string;
  title: string;
  /** What a form sent to get it. */
  fields?: FormField[];
  /** The page as it came; null where none did. */
  pageId: string | null;
  /** Why none did. */
  problem: ElsipoError | null;
}

export type Entry = HomeEntry | SipEntry;

const HOME: HomeEntry = { kind: "home" };

export class Navigation {
  readonly #entries = signal<readonly Entry[]>([HOME]);
  readonly #index = signal(0);
  /** Where the window is. */
  readonly entry = computed<Entry>(() => this.#entries.value[this.#index.value] ?? HOME);
  /** The address that is being asked; null at rest. */
  readonly loading = signal<string | null>(null);
  readonly canGoBack = computed(() => this.#index.value > 0);
  readonly canGoForward = computed(() => this.#index.value < this.#entries.value.length - 1);
  readonly #bridge: Bridge;
  readonly #page: PageLink;
  /** Of several ways that were taken, only the latest counts. */
  #attempt = 0;

  constructor(bridge: Bridge, page: PageLink) {
    this.#bridge = bridge;
    this.#page = page;
  }

  /** Ask for a page and go there. */
  open(target: string, fields?: FormField[]): Promise<void> {
    return this.#ask(target, fields, (entry) => {
      const entries = this.#entries.value.slice(0, this.#index.value + 1);
      this.#entries.value = [...entries, entry];
      this.#index.value = entries.length;
    });
  }

  /** Go to the account's own page. */
  async home(): Promise<void> {
    this.stop();
    if (this.entry.value.kind !== "home") {
      const entries = this.#entries.value.slice(0, this.#index.value + 1);
      this.#entries.value = [...entries, HOME];
      this.#index.value = entries.length;
    }
    await this.#page.open();
  }

  back(): Promise<void> {
    return this.canGoBack.value ? this.#go(this.#index.value - 1) : Promise.resolve();
  }

  forward(): Promise<void> {
    return this.canGoForward.value ? this.#go(this.#index.value + 1) : Promise.resolve();
  }

  /** Ask for this page again; what a form sent is sent again. */
  reload(): Promise<void> {
    const entry = this.entry.value;
    if (entry.kind === "home") {
      this.stop();
      return this.#page.open();
    }
    return this.#ask(entry.uri, entry.fields, (fresh) => this.#replace(fresh));
  }

  /** Wait no longer. */
  stop(): void {
    this.#attempt += 1;
    this.loading.value = null;
  }

  /** Another account is here now, or none. */
  reset(): void {
    this.stop();
    batch(() => {
      this.#entries.value = [HOME];
      this.#index.value = 0;
    });
    this.#page.close();
  }

  /** The page tried to go elsewhere by itself. */
  left(): void {
    const entry = this.entry.value;
    if (entry.kind !== "sip") return;
    this.#page.close();
    this.#replace({
      ...entry,
      pageId: null,
      problem: new ContentRefusedError("The page tried to leave its place."),
    });
  }

  async #go(index: number): Promise<void> {
    this.stop();
    this.#index.value = index;
    const entry = this.entry.value;
    if (entry.kind === "home") {
      await this.#page.open();
    } else if (entry.pageId !== null) {
      try {
        await this.#page.openSipPage(entry.pageId);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        // The host has no room for all pages. Whether a form is to be sent again is for the person to say.
        if (entry.fields === undefined) await this.reload();
        else {
          this.#page.close();
          this.#replace({ ...entry, pageId: null, problem: error });
        }
      }
    } else this.#page.close();
  }

  async #ask(
    target: string,
    fields: FormField[] | undefined,
    arrive: (entry: SipEntry) => void,
  ): Promise<void> {
    const attempt = ++this.#attempt;
    this.loading.value = target;
    // While the provider thinks, or long before.
    void this.#page.emptyPlace.prepare();
    const sent = fields === undefined ? {} : { fields };
    let page: SipPage;
    try {
      page = await this.#bridge.request("sip_page.ask", { target, ...sent });
      if (attempt !== this.#attempt) return;
      await this.#page.openSipPage(page.page_id);
    } catch (error) {
      if (!(error instanceof ElsipoError)) throw error;
      if (attempt !== this.#attempt) return;
      batch(() => {
        this.loading.value = null;
        arrive({ kind: "sip", uri: target, title: "", ...sent, pageId: null, problem: error });
      });
      this.#page.close();
      return;
    }
    if (attempt !== this.#attempt) return;
    batch(() => {
      this.loading.value = null;
      arrive({ kind: "sip", uri: page.uri, title: page.title, ...sent, pageId: page.page_id, problem: null });
    });
  }

  #replace(entry: SipEntry): void {
    const index = this.#index.value;
    this.#entries.value = this.#entries.value.map((other, at) => (at === index ? entry : other));
  }
}

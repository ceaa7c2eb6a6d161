/**
 * What the home page knows, as signals. Fed by the SDK's events; an answer only fills what no event has told yet.
 */
import { computed, signal } from "@preact/signals";
import type { Account, Branding, Call, Elsipo, EngineStatus, Registration, Versions } from "../sdk/elsipo";
import { ServiceStore } from "./services";
import { MessageStore } from "./messages";

/** How many calls of the history are shown. */
const HISTORY_LIMIT = 50;

export class HomeStore {
  readonly isConnected = signal(false);
  readonly account = signal<Account | null>(null);
  readonly registration = signal<Registration | null>(null);
  /** The provider's name, look and services. */
  readonly branding = signal<Branding | null>(null);
  readonly engine = signal<EngineStatus | null>(null);
  readonly versions = signal<Versions | null>(null);
  /** Calls that are not over. */
  readonly calls = signal<readonly Call[]>([]);
  /** Calls that are over, newest first. */
  readonly history = signal<readonly Call[]>([]);
  /** The address in the dialler; other parts of the page may fill it. */
  readonly dialled = signal("");
  readonly messages: MessageStore;
  readonly services: ServiceStore;
  readonly domain = computed(() => {
    const aor = this.account.value?.aor;
    return aor === undefined ? "" : (this.elsipo.format.address(aor).split("@").pop() ?? "");
  });
  readonly elsipo: Elsipo;

  constructor(elsipo: Elsipo) {
    this.elsipo = elsipo;
    this.messages = new MessageStore(elsipo);
    this.services = new ServiceStore(elsipo, this.branding);
    elsipo.on("connected", () => this.#begin());
    // A copy of this page has the SDK put in first, which may be connected before this script runs.
    if (elsipo.session !== null) this.#begin();
    elsipo.on("disconnected", () => (this.isConnected.value = false));
    elsipo.on("registration.state_changed", ({ registration }) => this.#observe(registration));
    elsipo.on("provider.branding_changed", ({ branding }) => (this.branding.value = branding));
    elsipo.on("engine.state_changed", ({ status }) => (this.engine.value = status));
    elsipo.on("call.state_changed", ({ call }) => this.#putCall(call));
  }

  /** A name for whom a call or a message is with. */
  name(peer: { peer: string; peer_display: string }): string {
    return this.elsipo.format.peerName(peer, this.account.value?.aor);
  }

  /** What went wrong, in words; for errors that the SDK's methods reject with. */
  problem(error: unknown): string {
    const { errors } = this.elsipo;
    if (error instanceof errors.BodyTooLargeError) {
      return `${error.message} At most ${error.data.limit_bytes} bytes fit.`;
    }
    if (error instanceof errors.SipFailureError) {
      return `The provider answered ${error.data.sip_status} ${error.data.reason_phrase}.`;
    }
    if (error instanceof errors.GestureRequiredError) return "";
    return error instanceof errors.ElsipoError ? error.message : "That did not work.";
  }

  #begin(): void {
    this.isConnected.value = true;
    void this.#load();
    if (this.registration.value?.state === "registered") void this.services.load();
  }

  async #load(): Promise<void> {
    const { elsipo } = this;
    const settled = async <T>(answer: Promise<T>, take: (value: T) => void): Promise<void> => {
      try {
        take(await answer);
      } catch (error) {
        // What is not granted or not there stays empty; a line that broke loads all anew.
        if (!(error instanceof elsipo.errors.ElsipoError)) throw error;
      }
    };
    await Promise.all([
      settled(elsipo.account.get(), (account) => (this.account.value = account)),
      settled(elsipo.registration.get(), (registration) => this.#observe(registration)),
      settled(elsipo.provider.branding(), (branding) => (this.branding.value = branding)),
      settled(elsipo.engine.status(), (status) => (this.engine.value = status)),
      settled(elsipo.system.versions(), (versions) => (this.versions.value = versions)),
      settled(elsipo.call.list(), ({ calls }) => (this.calls.value = calls)),
      settled(elsipo.call.history({ limit: HISTORY_LIMIT }), ({ calls }) => (this.history.value = calls)),
      settled(this.messages.load(), () => undefined),
    ]);
  }

  #observe(registration: Registration): void {
    const isNew = registration.state === "registered" && this.registration.value?.state !== "registered";
    this.registration.value = registration;
    // Whoever is registered may ask the provider.
    if (isNew) void this.services.load();
  }

  #putCall(call: Call): void {
    const others = (calls: readonly Call[]): Call[] =>
      calls.filter((other) => other.call_id !== call.call_id);
    if (call.state === "disconnected") {
      this.calls.value = others(this.calls.value);
      this.history.value = [call, ...others(this.history.value)].slice(0, HISTORY_LIMIT);
    } else {
      this.calls.value = [...others(this.calls.value), call];
    }
  }
}

/** What the provider's services told, as signals; asked when the line opens, and again on request. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type {
  Balance,
  Branding,
  CallLogEntry,
  Device,
  Elsipo,
  ServiceAnswer,
  ServiceListing,
  SpecialNumber,
  Voicemail,
} from "../sdk/elsipo";

/** Services with a place of their own in the page; all others are shown by what they answer. */
const KNOWN = new Set(["services", "balance", "numbers", "calls", "devices", "stats"]);

/** How many calls of the person's other devices are shown. */
const CALLS_LIMIT = 50;

export class ServiceStore {
  readonly balance = signal<Balance | null>(null);
  readonly numbers = signal<readonly SpecialNumber[]>([]);
  readonly voicemail = signal<Voicemail | null>(null);
  readonly devices = signal<readonly Device[]>([]);
  /** Services that have no place of their own: of the manifest, and what the provider lists beyond it; no name twice. */
  readonly others: ReadonlySignal<readonly ServiceListing[]>;
  /** Calls of the person's other devices. */
  readonly elsewhere = signal<readonly CallLogEntry[]>([]);
  /** Whether the provider was asked, so that what is empty is so indeed. */
  readonly isAsked = signal(false);
  /** What the service `services` answered last. */
  readonly #listed = signal<readonly ServiceListing[]>([]);
  readonly #elsipo: Elsipo;

  /** @param branding the provider's manifest, as far as it is known */
  constructor(elsipo: Elsipo, branding: ReadonlySignal<Branding | null>) {
    this.#elsipo = elsipo;
    this.others = computed(() => merged(branding.value?.services ?? [], this.#listed.value));
    elsipo.on("device.list_changed", ({ list }) => (this.devices.value = list.devices));
    elsipo.on("voicemail.state_changed", ({ voicemail }) => (this.voicemail.value = voicemail));
    elsipo.on("call.state_changed", ({ call }) => {
      if (call.state === "disconnected") void this.loadCalls();
    });
  }

  /** Ask for all; what the provider does not have stays empty. */
  async load(): Promise<void> {
    const { device, service, voicemail } = this.#elsipo;
    await Promise.all([
      this.#settled(voicemail.get(), (state) => (this.voicemail.value = state)),
      this.#settled(service.query({ service: "services" }), ({ services }) => {
        this.#listed.value = services?.services ?? [];
      }),
      this.#settled(service.query({ service: "balance" }), ({ balance }) => {
        this.balance.value = balance ?? null;
      }),
      this.#settled(service.query({ service: "numbers" }), ({ numbers }) => {
        this.numbers.value = numbers?.numbers ?? [];
      }),
      this.#settled(device.list(), ({ devices }) => (this.devices.value = devices)),
      this.loadCalls(),
    ]);
    this.isAsked.value = true;
  }

  /** Ask for the calls of all devices. */
  loadCalls(): Promise<void> {
    return this.#settled(this.#elsipo.call.log({ limit: CALLS_LIMIT }), ({ entries }) => {
      this.elsewhere.value = entries.filter((entry) => !entry.here);
    });
  }

  /** Ask one of the others. */
  ask(name: string): Promise<ServiceAnswer> {
    return this.#elsipo.service.query({ service: name });
  }

  async #settled<T>(answer: Promise<T>, take: (value: T) => void): Promise<void> {
    try {
      take(await answer);
    } catch (error) {
      // What is not granted, not offered or not answered stays as it was.
      if (!(error instanceof this.#elsipo.errors.ElsipoError)) throw error;
    }
  }
}

/** Both lists in their order, without what has a place of its own. What was answered just now has the newer title. */
function merged(
  published: readonly { name: string; title: string }[],
  listed: readonly ServiceListing[],
): ServiceListing[] {
  const titles = new Map([...published, ...listed].map(({ name, title }) => [name, title]));
  return Array.from(titles, ([name, title]) => ({ name, title })).filter(({ name }) => !KNOWN.has(name));
}

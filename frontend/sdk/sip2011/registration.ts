/**
 * The registration as a page of 2011 sees it: a number, and one call that turns it on and off.
 *
 *   0 never asked ──call──▶ 1 registered, or on the way ──call──▶ 2 unregistering ──▶ 3 off line
 *   3 off line ──call──▶ 4 registering again ──▶ 1;   1, 4 ──failed──▶ 3
 *
 * As in 2011, `sipcb_register_ok` tells the good end of either: the page asks for the number to know which. Where the
 * host is registered already when the page first asks, nothing is sent, and `sipcb_register_ok` follows all the same.
 * Before it first asks, the page is told nothing: what the host does by itself is not the page's doing.
 */
import type { Elsipo } from "../api";
import { ElsipoError, EngineUnavailableError, InvalidStateError } from "../errors";
import type { Registration } from "../model";
import type { Callbacks } from "./callbacks";

export type RegistrationStatus = 0 | 1 | 2 | 3 | 4;

export class Registration2011 {
  #status: RegistrationStatus = 0;
  /** A request of the page is on its way; its end will be told. */
  #isAwaited = false;
  readonly #elsipo: Elsipo;
  readonly #callbacks: Callbacks;

  constructor(elsipo: Elsipo, callbacks: Callbacks) {
    this.#elsipo = elsipo;
    this.#callbacks = callbacks;
    elsipo.on("registration.state_changed", ({ registration }) => this.#observe(registration));
    elsipo.on("connected", () => void this.#refresh());
  }

  get status(): RegistrationStatus {
    return this.#status;
  }

  /** Register, or turn what there is around. Answers -1 while the last turn is still on its way. */
  toggle(): 0 | -1 {
    if (this.#isAwaited) return -1;
    this.#isAwaited = true;
    if (this.#status === 1) {
      this.#status = 2;
      void this.#unregister();
    } else {
      this.#status = this.#status === 0 ? 1 : 4;
      void this.#register();
    }
    return 0;
  }

  async #register(): Promise<void> {
    try {
      const now = await this.#elsipo.registration.get();
      if (now.state === "registered") this.#observe(now);
      else if (now.state !== "registering") await this.#elsipo.account.register();
    } catch (error) {
      // One that is in progress, or waits for the engine, has its end told like our own.
      if (error instanceof InvalidStateError || error instanceof EngineUnavailableError) return;
      this.#callbacks.tell("alert", words(error));
      this.#end(3, "register_failed");
    }
  }

  async #unregister(): Promise<void> {
    try {
      await this.#elsipo.account.unregister();
    } catch (error) {
      if (this.#status !== 2) return;
      this.#callbacks.tell("alert", words(error));
      // It stands, and the page learns so.
      this.#end(1, "register_ok");
    }
  }

  #observe({ state }: Registration): void {
    if (this.#status === 0) return;
    if (state === "registered") {
      if (this.#status === 2 || (this.#status === 1 && !this.#isAwaited)) return;
      this.#end(1, "register_ok");
    } else if (state === "failed") {
      if (this.#status !== 3) this.#end(3, "register_failed");
    } else if (state === "unregistered") {
      if (this.#status === 3) return;
      // Another one's unregistering came to its end while ours is to register: ask once more.
      if (this.#isAwaited && this.#status !== 2) void this.#register();
      else this.#end(3, "register_ok");
    }
  }

  #end(status: RegistrationStatus, event: "register_ok" | "register_failed"): void {
    this.#status = status;
    this.#isAwaited = false;
    this.#callbacks.tell(event);
  }

  /** The line was laid anew: what happened meanwhile was not told. */
  async #refresh(): Promise<void> {
    if (this.#status === 0) return;
    try {
      this.#observe(await this.#elsipo.registration.get());
    } catch {
      // The line went again; the next one asks anew.
    }
  }
}

/** What went wrong, for people. */
export function words(error: unknown): string {
  return error instanceof ElsipoError ? error.message : "That did not work.";
}

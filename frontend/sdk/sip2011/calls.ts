/**
 * Calls as a page of 2011 sees them: one at a time, without a name. Further ones are the chrome's and the user's matter.
 *
 *   none → dialled here, dialled in the chrome, or coming in → active → none
 *
 * After `hangUp` and `reject` the page is free at once, as it was in 2011; `sipcb_call_ended` tells the real end.
 */
import type { Elsipo } from "../api";
import { NotFoundError } from "../errors";
import type { Call } from "../model";
import type { Callbacks } from "./callbacks";
import { words } from "./registration";

/** A call that the page asked for, from before it has an id on. */
interface Active {
  id: string | null;
  isIncoming: boolean;
  isRinging: boolean;
  /** The page hung up before the call had an id. */
  isDropped: boolean;
}

const RINGING: readonly Call["state"][] = ["null", "incoming", "early"];

export class Calls2011 {
  #active: Active | null = null;
  /** Dialled by the page, and not seen yet. */
  #dialled: Active[] = [];
  /** Calls whose end the page is to be told. */
  readonly #told = new Set<string>();
  readonly #elsipo: Elsipo;
  readonly #callbacks: Callbacks;

  constructor(elsipo: Elsipo, callbacks: Callbacks) {
    this.#elsipo = elsipo;
    this.#callbacks = callbacks;
    elsipo.on("call.state_changed", ({ call }) => this.#observe(call));
  }

  get isActive(): boolean {
    return this.#active !== null;
  }

  /** Call somebody. What goes wrong comes as `sipcb_alert`, followed by `sipcb_call_ended`. */
  dial(target: string): void {
    const dialled: Active = { id: null, isIncoming: false, isRinging: false, isDropped: false };
    this.#active = dialled;
    this.#dialled.push(dialled);
    this.#elsipo.call.dial({ target }).then(
      (call) => this.#adopt(dialled, call.call_id),
      (error: unknown) => {
        this.#forget(dialled);
        if (!dialled.isDropped) this.#callbacks.tell("alert", words(error));
        this.#callbacks.tell("call_ended");
      },
    );
  }

  answer(): void {
    const active = this.#active;
    if (active?.id === null || active?.isRinging !== true) return;
    this.#elsipo.call
      .answer({ call_id: active.id })
      .catch((error: unknown) => this.#callbacks.tell("alert", words(error)));
  }

  /** Refuse the call that rings with 486; one that runs is hung up. */
  reject(): void {
    this.#leave((active, id) =>
      active.isRinging
        ? this.#elsipo.call.reject({ call_id: id })
        : this.#elsipo.call.hangUp({ call_id: id }),
    );
  }

  hangUp(): void {
    this.#leave((_, id) => this.#elsipo.call.hangUp({ call_id: id }));
  }

  /** See what runs already, for a page that was just loaded or whose line was cut. */
  async refresh(): Promise<void> {
    let calls: Call[];
    try {
      ({ calls } = await this.#elsipo.call.list());
    } catch {
      return; // not granted, or the line went again
    }
    const running = new Set(calls.map((call) => call.call_id));
    Array.from(this.#told)
      .filter((id) => !running.has(id))
      .forEach((id) => this.#over(id));
    calls.forEach((call) => this.#observe(call));
  }

  #leave(how: (active: Active, id: string) => Promise<unknown>): void {
    const active = this.#active;
    if (active === null) return;
    this.#active = null;
    if (active.id === null) {
      active.isDropped = true;
      return;
    }
    how(active, active.id).catch((error: unknown) => {
      // Over already: its end was told, or will be.
      if (!(error instanceof NotFoundError)) this.#callbacks.tell("alert", words(error));
    });
  }

  #observe(call: Call): void {
    const id = call.call_id;
    if (call.state === "disconnected") {
      this.#over(id);
      return;
    }
    const isIncoming = call.direction === "incoming";
    const isRinging = isIncoming && RINGING.includes(call.state);
    if (this.#told.has(id)) {
      if (this.#active?.id === id) this.#active.isRinging = isRinging;
      return;
    }
    const [dialled] = this.#dialled;
    if (!isIncoming && dialled !== undefined) {
      this.#adopt(dialled, id);
    } else if (this.#active === null) {
      this.#active = { id, isIncoming, isRinging, isDropped: false };
      this.#told.add(id);
      if (isRinging) this.#callbacks.tell("call_in", `<${call.peer}>`);
    }
  }

  /** A call of the page's got its id: from its first notification, or from the answer, whichever comes first. */
  #adopt(dialled: Active, id: string): void {
    if (dialled.id !== null) return;
    dialled.id = id;
    this.#dialled = this.#dialled.filter((other) => other !== dialled);
    this.#told.add(id);
    if (dialled.isDropped) this.#elsipo.call.hangUp({ call_id: id }).catch(() => undefined);
  }

  #forget(dialled: Active): void {
    this.#dialled = this.#dialled.filter((other) => other !== dialled);
    if (dialled.id !== null) this.#told.delete(dialled.id);
    if (this.#active === dialled) this.#active = null;
  }

  #over(id: string): void {
    if (!this.#told.delete(id)) return;
    if (this.#active?.id === id) this.#active = null;
    this.#callbacks.tell("call_ended");
  }
}

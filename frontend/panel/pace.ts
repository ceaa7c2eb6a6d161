/** How fast a page may ask for what costs somebody something: the host's buckets (`host/bridge/paces.py`), by its numbers. */
import { RateLimitedError } from "../sdk/errors";

export interface Rate {
  per_s: number;
  at_once: number;
}

export class Pace {
  readonly #rate: Rate;
  #left: number;
  #countedAt = performance.now();

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#left = rate.at_once;
  }

  /** Use one permission; throws RateLimitedError where none is left. */
  take(now = performance.now()): void {
    const { per_s, at_once } = this.#rate;
    this.#left = Math.min(at_once, this.#left + ((now - this.#countedAt) / 1000) * per_s);
    this.#countedAt = now;
    if (this.#left < 1)
      throw new RateLimitedError({ retry_after_s: Math.max(1, Math.round((1 - this.#left) / per_s)) });
    this.#left -= 1;
  }
}

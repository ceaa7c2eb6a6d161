/**
 * Events by name, with typed parameters. A listener that throws does not keep the others from hearing.
 */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(params: never) => void>>();

  /** Listen to `event`; the returned function stops listening. */
  on<E extends keyof Events>(event: E, listener: (params: Events[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Tell everybody who listens now. */
  emit<E extends keyof Events>(event: E, params: Events[E]): void {
    for (const listener of Array.from(this.#listeners.get(event) ?? [])) {
      try {
        (listener as (params: Events[E]) => void)(params);
      } catch (error) {
        // Reported like any uncaught error of the page, but after the others have heard.
        window.setTimeout(() => {
          throw error;
        });
      }
    }
  }
}

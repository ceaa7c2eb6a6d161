/**
 * The far end of a channel, for unit tests: keeps what was asked, answers as told, and tells what it likes.
 */
import { ElsipoError, MethodNotFoundError } from "../errors";
import type { MethodName, Methods, NotificationName, Notifications } from "../model";

type Answer = (params: never) => unknown;

export interface Asked {
  id: number;
  method: MethodName;
  params: Record<string, unknown>;
}

export class FakeHost {
  readonly asked: Asked[] = [];
  /** Where texts for the other side go. */
  send: (text: string) => void = () => undefined;
  readonly #answers = new Map<string, Answer>();

  /** Answer `method` from now on; an ElsipoError that is thrown becomes the answer's error. */
  on<M extends MethodName>(method: M, answer: (params: Methods[M]["params"]) => Methods[M]["result"]): this {
    this.#answers.set(method, answer);
    return this;
  }

  /** Take a text of the other side; the answer goes out in a later turn, as over a real channel. */
  receive(text: string): void {
    const request = JSON.parse(text) as Asked;
    this.asked.push(request);
    void Promise.resolve().then(() =>
      this.send(JSON.stringify({ jsonrpc: "2.0", id: request.id, ...this.#answer(request) })),
    );
  }

  tell<N extends NotificationName>(method: N, params: Notifications[N]): void {
    this.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  /** The parameters of each request of `method`, in order. */
  params(method: MethodName): Record<string, unknown>[] {
    return this.asked.filter((request) => request.method === method).map((request) => request.params);
  }

  #answer(request: Asked): { result: unknown } | { error: unknown } {
    try {
      const answer = this.#answers.get(request.method);
      if (answer === undefined) throw new MethodNotFoundError();
      return { result: answer(request.params as never) };
    } catch (error) {
      if (!(error instanceof ElsipoError)) throw error;
      return { error: error.toWire() };
    }
  }
}

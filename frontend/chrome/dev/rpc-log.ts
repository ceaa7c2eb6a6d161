/**
 * What this window and the host say to each other, on the chrome's line and on the page's, while the panel is open.
 *
 * Secrets and bodies of messages are taken out before anything is kept. Closed, it looks at nothing.
 */
import { signal } from "@preact/signals";
import type { OpenSocket } from "../bridge/socket";

export type Line = "chrome" | "page";

export interface RpcEntry {
  seq: number;
  at_ms: number;
  line: Line;
  kind: "request" | "result" | "error" | "notification";
  method: string;
  /** How long the answer took; null for what is none. */
  ms: number | null;
  /** Parameters, result or error as JSON, redacted and cut. */
  text: string;
}

interface Message {
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: unknown;
}

const MOST_ENTRIES = 500;
const MOST_PENDING = 200;
const MOST_CHARS = 4_000;
const SECRET = new Set(["token", "password", "body", "html", "markup", "digits"]);
/** The SIP panel's own traffic would bury all else. */
const OURS = "sip_trace.";

export class RpcLog {
  readonly entries = signal<readonly RpcEntry[]>([]);
  isOn = false;
  #seq = 0;
  readonly #pending = new Map<string, { method: string; at: number }>();

  /** A way to open sockets whose texts are looked at while the log is on. */
  tap(line: Line, open: OpenSocket): OpenSocket {
    return async (events) => {
      const socket = await open({
        onText: (text) => {
          if (this.isOn) this.note(line, "in", text);
          events.onText(text);
        },
        onClosed: () => events.onClosed(),
      });
      return {
        send: (text) => {
          if (this.isOn) this.note(line, "out", text);
          socket.send(text);
        },
        close: () => socket.close(),
      };
    };
  }

  /** Begin, or end and forget. */
  turn(on: boolean): void {
    this.isOn = on;
    if (!on) this.clear();
  }

  clear(): void {
    this.entries.value = [];
    this.#pending.clear();
  }

  note(line: Line, way: "in" | "out", text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    const messages = (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isMessage);
    const entries = messages.map((message) => this.#understood(line, way, message));
    const kept = entries.filter((entry): entry is RpcEntry => entry !== null);
    if (kept.length > 0) this.entries.value = [...this.entries.value, ...kept].slice(-MOST_ENTRIES);
  }

  #understood(line: Line, way: "in" | "out", message: Message): RpcEntry | null {
    const key = `${line} ${String(message.id)}`;
    if (typeof message.method === "string") {
      const asks = way === "out" && message.id !== undefined;
      if (asks && this.#pending.size < MOST_PENDING) {
        this.#pending.set(key, { method: message.method, at: performance.now() });
      }
      return this.#entry(line, asks ? "request" : "notification", message.method, null, message.params);
    }
    const asked = this.#pending.get(key);
    this.#pending.delete(key);
    // An answer to what was asked before the log was on.
    if (asked === undefined) return null;
    const failed = message.error !== undefined;
    const ms = Math.round((performance.now() - asked.at) * 10) / 10;
    return this.#entry(
      line,
      failed ? "error" : "result",
      asked.method,
      ms,
      failed ? message.error : message.result,
    );
  }

  #entry(
    line: Line,
    kind: RpcEntry["kind"],
    method: string,
    ms: number | null,
    value: unknown,
  ): RpcEntry | null {
    if (method.startsWith(OURS)) return null;
    this.#seq += 1;
    // A page's ticket is a token by another name only in what is called so; tokens have no place elsewhere.
    const text = JSON.stringify(value ?? null, (name, inner: unknown) =>
      SECRET.has(name) && inner !== null ? "[redacted]" : inner,
    );
    return {
      seq: this.#seq,
      at_ms: Date.now(),
      line,
      kind,
      method: method.slice(0, 64),
      ms,
      text: text.slice(0, MOST_CHARS),
    };
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null;
}

/**
 * The SIP messages that the panel shows: bounded, pausable, filtered. Fed by the host while the panel is open.
 */
import { signal } from "@preact/signals";
import type { Notifications } from "../../sdk/model";

export type SipMessage = Notifications["sip_trace.captured"]["batch"]["messages"][number];

/** A message with what is read off it (RFC 3261 §7). All of it was written by strangers, and is only shown. */
export interface SipEntry extends SipMessage {
  /** `REGISTER`, or `401 Unauthorized`. */
  title: string;
  /** The method that it belongs to, from CSeq for a response. */
  method: string;
  /** 0 for a request. */
  status: number;
  callId: string;
}

export interface SipFilter {
  text: string;
  method: string;
  callId: string;
}

/** As many as the host keeps. */
export const MOST_MESSAGES = 500;
export const NO_FILTER: SipFilter = { text: "", method: "", callId: "" };

export class SipLog {
  /** Oldest first. */
  readonly entries = signal<readonly SipEntry[]>([]);
  /** How many came that are not shown: too many at once, or while it was paused. */
  readonly missed = signal(0);
  readonly isPaused = signal(false);

  take(batch: Notifications["sip_trace.captured"]["batch"]): void {
    const missed = this.isPaused.value ? batch.messages.length + batch.missed : batch.missed;
    if (missed > 0) this.missed.value += missed;
    if (this.isPaused.value || batch.messages.length === 0) return;
    this.entries.value = [...this.entries.value, ...batch.messages.map(understood)].slice(-MOST_MESSAGES);
  }

  clear(): void {
    this.entries.value = [];
    this.missed.value = 0;
  }
}

/** Read a message's title, method and Call-ID, in long or compact form (RFC 3261 §7.3.3). */
export function understood(message: SipMessage): SipEntry {
  const [head = ""] = message.text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  const header = (pattern: RegExp): string =>
    lines.map((line) => pattern.exec(line)?.[1] ?? "").find((value) => value !== "") ?? "";
  const request = first.split(" ")[0] ?? "";
  return {
    ...message,
    title: response === null ? request : `${response[1] ?? ""} ${response[2] ?? ""}`.trim(),
    method: response === null ? request : header(/^CSeq\s*:\s*\d+\s+(\S+)/i),
    status: response === null ? 0 : Number(response[1]),
    callId: header(/^(?:Call-ID|i)\s*:\s*(.*\S)/i),
  };
}

export function filtered(entries: readonly SipEntry[], filter: SipFilter): SipEntry[] {
  const text = filter.text.trim().toLowerCase();
  return entries.filter(
    (entry) =>
      (filter.method === "" || entry.method === filter.method) &&
      (filter.callId === "" || entry.callId === filter.callId) &&
      (text === "" || entry.text.toLowerCase().includes(text)),
  );
}

/** How a message looks like: by its class of status, in words that are class names too. */
export function kindOf(entry: SipEntry): "request" | "progress" | "success" | "redirect" | "failure" {
  if (entry.status === 0) return "request";
  if (entry.status < 200) return "progress";
  if (entry.status < 300) return "success";
  return entry.status < 400 ? "redirect" : "failure";
}

/** `12:03:04.567`, local time. */
export function clock(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** `+12 ms`, `+3.4 s`. */
export function delta(ms: number): string {
  return ms < 1000 ? `+${ms} ms` : `+${(ms / 1000).toFixed(1)} s`;
}

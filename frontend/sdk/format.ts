/**
 * Addresses and times in the short form that people read. Pure; offered to pages as `elsipo.format`.
 */

/** The user, host and port of a SIP URI; null for what is not one. Parameters and headers are left out. */
export function parseSipUri(uri: string): { user: string; host: string } | null {
  const match = /^sips?:(?:([^@]*)@)?([^;?>]+)/i.exec(uri);
  if (match === null) return null;
  return { user: decode((match[1] ?? "").split(":")[0] ?? ""), host: (match[2] ?? "").toLowerCase() };
}

/** `alice@example.org` for `sip:alice@example.org;transport=tcp`; just `alice` where `ownUri` has the same domain. */
export function address(uri: string, ownUri?: string): string {
  const parsed = parseSipUri(uri);
  if (parsed === null) return uri;
  if (parsed.user === "") return parsed.host;
  const own = ownUri === undefined ? null : parseSipUri(ownUri);
  return own !== null && own.host === parsed.host ? parsed.user : `${parsed.user}@${parsed.host}`;
}

/** A name for a peer: what it calls itself, else its address. */
export function peerName(peer: { peer: string; peer_display: string }, ownUri?: string): string {
  return peer.peer_display.trim() === "" ? address(peer.peer, ownUri) : peer.peer_display;
}

/** `0:07`, `12:34`, `1:02:03` for a number of milliseconds. */
export function duration(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours === 0 ? `${minutes}:${seconds}` : `${hours}:${String(minutes).padStart(2, "0")}:${seconds}`;
}

/** A time of today as `14:05`, of another day with its date, in the user's own manner. */
export function time(timestampMs: number, nowMs: number = Date.now()): string {
  const clock = new Date(timestampMs).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return isSameDay(timestampMs, nowMs) ? clock : `${date(timestampMs, nowMs)}, ${clock}`;
}

/** As short as can be: the time of today, the date of another day. For lists. */
export function briefTime(timestampMs: number, nowMs: number = Date.now()): string {
  return isSameDay(timestampMs, nowMs) ? time(timestampMs, nowMs) : date(timestampMs, nowMs);
}

function isSameDay(oneMs: number, otherMs: number): boolean {
  return new Date(oneMs).toDateString() === new Date(otherMs).toDateString();
}

function date(timestampMs: number, nowMs: number): string {
  const then = new Date(timestampMs);
  const isThisYear = then.getFullYear() === new Date(nowMs).getFullYear();
  return then.toLocaleDateString(undefined, {
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

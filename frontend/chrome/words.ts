/**
 * States in the words of a person, so that nothing is said by colour alone. Pure.
 */
import type {
  Account,
  Call,
  Capability,
  EngineStatus,
  Registration,
  RegistrationState,
  Transport,
} from "../sdk/model";
import { SipFailureError, type ElsipoError } from "../sdk/errors";
import { address } from "../sdk/format";

/** One or two words for the state of a registration. */
export function registrationWord(registration: Registration | null): string {
  return registrationStateWord(registration?.state);
}

/** The same, of the state alone. */
export function registrationStateWord(state: RegistrationState | undefined): string {
  switch (state) {
    case "registering":
      return "registering";
    case "registered":
      return "registered";
    case "unregistering":
      return "unregistering";
    case "failed":
      return "registration failed";
    default:
      return "not registered";
  }
}

/** Why a registration failed and what to do next; empty unless it failed. */
export function registrationHelp(registration: Registration | null): string {
  if (registration?.state !== "failed") return "";
  const { sip_status: status, reason_phrase: phrase, retry_in_s: retry } = registration;
  const cause = status === 0 ? phrase || "The provider did not answer." : `${status} ${phrase}`;
  const again = retry === undefined ? "" : ` Trying again in ${retry} s.`;
  switch (status) {
    case 401:
    case 407:
    case 403:
      return `The provider refused the password (${cause}). Sign out, then sign in with the right one.`;
    case 404:
      return `The provider does not know this address (${cause}). Check its spelling.`;
    case 0:
      return `${cause}${again || " Check the network and the server."}`;
    default:
      return `The provider answered ${cause}.${again}`;
  }
}

/** How what is said travels to the provider. */
export function transportWords(transport: Transport): { secure: boolean; text: string } {
  return transport === "tls"
    ? { secure: true, text: "Encrypted to the provider (TLS)" }
    : { secure: false, text: `Not encrypted (${transport.toUpperCase()})` };
}

/** What a call is doing, or how it ended. */
export function callWords(call: Call): string {
  switch (call.state) {
    case "disconnected":
      return endedWords(call);
    case "incoming":
      return "is calling";
    case "early":
      return call.direction === "incoming" ? "is calling" : "ringing";
    case "null":
    case "calling":
      return "calling";
    case "connecting":
      return "connecting";
    case "confirmed":
      if (call.recovering === true) return "interrupted, coming back…";
      return call.on_hold
        ? "on hold"
        : call.held_by_peer === true
          ? "held by the other side"
          : call.muted
            ? "muted"
            : "in call";
  }
}

function endedWords(call: Call): string {
  const detail = call.sip_status >= 300 ? ` (${call.sip_status} ${call.reason_phrase})` : "";
  switch (call.outcome) {
    case "missed":
      return "missed call";
    case "rejected":
      return call.direction === "incoming" ? "call rejected" : `call rejected${detail}`;
    case "cancelled":
      return "call cancelled";
    case "busy":
      return "busy";
    case "no_answer":
      return "no answer";
    case "failed":
      return `call failed${detail}`;
    case "engine_lost":
      return "call lost: the telephone engine restarted";
    default:
      return "call ended";
  }
}

/** What a page may, as a thing to allow. */
export const CAPABILITY_WORDS: Record<Capability, string> = {
  "account.manage": "Add and remove accounts",
  "registration.control": "Sign in and out at the provider",
  "call.observe": "See calls",
  "call.place": "Place calls, after a click of yours",
  "call.control": "Answer, hold and end calls",
  "message.read": "Read messages as they come",
  "message.send": "Send messages as you",
  "history.read": "Read earlier messages and calls",
  "service.request": "Ask the provider’s services",
  "engine.control": "Restart the telephone engine",
  "audio.control": "Choose and measure sound devices",
  "plugin.use": "Use the plugins of this Elsipo",
};

/** What the engine is doing; empty while all is well. */
export function engineWords(engine: EngineStatus | null): string {
  switch (engine?.state) {
    case "starting":
      return "The telephone engine is starting.";
    case "restarting":
      return "The telephone engine stopped unexpectedly and is starting again.";
    case "failed":
      return "The telephone engine keeps failing. Calls and messages are off.";
    case "stopped":
      return "The telephone engine is stopped. Calls and messages are off.";
    default:
      return "";
  }
}

/** Why there is no page over SIP, and what to do next. */
export function pageProblem(problem: ElsipoError): { cause: string; advice: string } {
  if (!(problem instanceof SipFailureError))
    return { cause: problem.message, advice: PAGE_ADVICE[problem.name] ?? "" };
  const { sip_status: status, reason_phrase: phrase } = problem.data;
  const cause = status === 0 ? phrase : `The provider said: ${status} ${phrase}`;
  switch (status) {
    case 403:
      return { cause, advice: "The provider does not show this page to you." };
    case 404:
    case 604:
      return { cause, advice: "Check the spelling of the address." };
    case 408:
    case 480:
      return { cause, advice: "Whoever should answer is not there. Try again later." };
    default:
      return { cause, advice: "Try again in a while; if it stays so, tell your provider." };
  }
}

const PAGE_ADVICE: Partial<Record<string, string>> = {
  RequestTimeoutError:
    "The provider took the question and gave no answer. There may be no page at this address.",
  EngineUnavailableError: "The telephone engine starts by itself.",
  InvalidAddressError: "A page’s address looks like sip:menu@provider.example.",
  ContentRefusedError: "Only the provider can mend this page.",
  ExternalContentError:
    "The provider keeps this page on the web. If it stays so, show your provider this text.",
  NotFoundError: "The page is not kept any more. It can be asked for again.",
};

/** The native window's title follows this. */
export function windowTitle(
  account: Account | null,
  registration: Registration | null,
  unread: number,
): string {
  if (account === null) return "Elsipo";
  const count = unread === 0 ? "" : `(${unread}) `;
  return `${count}${address(account.aor)} – ${registrationWord(registration)} – Elsipo`;
}

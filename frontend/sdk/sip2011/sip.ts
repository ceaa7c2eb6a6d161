/**
 * The JavaScript API of Elsipo 0.1 (2011): global objects whose methods answer at once.
 *
 * A synchronous answer comes from what the page's notifications told so far; the request itself goes out behind it, and
 * where it fails, that comes as `sipcb_alert`. Pages of today use `elsipo`.
 */
import type { Elsipo } from "../api";
import { Callbacks } from "./callbacks";
import { Calls2011 } from "./calls";
import { Messages2011 } from "./messages";
import { Registration2011, type RegistrationStatus } from "./registration";

/** The version that the API of 2011 gave itself, and that its pages may look for. */
export const API_VERSION = "0.1.0";
const NOT_REGISTERED = "Not registered!";

/** The `sip` object, by its other name `Pjsip`. */
export interface Sip {
  name(): string;
  version(): string;
  echoStr(text: unknown): string;
  /** Register; later calls turn it off and on. -1 while the last turn is on its way. */
  doSIPRegistration(): 0 | -1;
  getSIPRegistrationStatus(): RegistrationStatus;
  /** Call an address. -1 before any registration (with `sipcb_alert`), and while there is a call. */
  doCall(uri: unknown): 0 | -1;
  doCallAnswer(): 0;
  /** Refuse with 486 Busy Here. */
  doCallReject(): 0;
  doCallHangup(): 0;
  /** Send a text. -1 before any registration (with `sipcb_alert`). */
  sendIM(uri: unknown, text: unknown): 0 | -1;
  registerJSCallback(event: unknown, callback: unknown): 0 | -1;
}

/** The other plugin of 2011, for trying out. */
export interface Echo {
  name(): string;
  version(): string;
  echoStr(text: unknown): string;
}

export function createSip(elsipo: Elsipo, page: Window): Sip {
  const callbacks = new Callbacks(page);
  const registration = new Registration2011(elsipo, callbacks);
  const calls = new Calls2011(elsipo, callbacks);
  const messages = new Messages2011(elsipo, callbacks);
  elsipo.on("connected", () =>
    afterParsing(page.document, () => {
      // A page without these callbacks is of today and asks for itself.
      if (callbacks.has()) void calls.refresh();
    }),
  );
  const isRefused = (): boolean => {
    if (registration.status !== 0) return false;
    callbacks.tell("alert", NOT_REGISTERED);
    return true;
  };
  return {
    ...plugin("Pjsip"),
    doSIPRegistration: () => registration.toggle(),
    getSIPRegistrationStatus: () => registration.status,
    doCall: (uri) => {
      const target = text(uri).trim();
      if (isRefused() || calls.isActive || target === "") return -1;
      calls.dial(target);
      return 0;
    },
    doCallAnswer: () => {
      calls.answer();
      return 0;
    },
    doCallReject: () => {
      calls.reject();
      return 0;
    },
    doCallHangup: () => {
      calls.hangUp();
      return 0;
    },
    sendIM: (uri, body) => {
      const to = text(uri).trim();
      if (isRefused() || to === "" || text(body) === "") return -1;
      messages.send(to, text(body));
      return 0;
    },
    registerJSCallback: (event, callback) => callbacks.register(event, callback),
  };
}

/** What every plugin of 2011 had. */
export function plugin(name: string): Echo {
  return {
    name: () => name,
    version: () => API_VERSION,
    echoStr: (said) => `${name} Plugin Says: ${text(said)}`,
  };
}

function afterParsing(document: Document, run: () => void): void {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run, { once: true });
  else run();
}

/** As JavaScript handed values to 2011's objects: whatever it is, as a text. */
function text(value: unknown): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- see above
  return value === undefined || value === null ? "" : String(value);
}

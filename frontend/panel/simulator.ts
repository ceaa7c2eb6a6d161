/**
 * A provider that is only played: answers a page as the host would, and tells it what the panel says happened.
 *
 * What a page does has its consequences here (a message is sent, a call rings, is taken and ends); what it only asks for
 * and nobody plays is answered by the contract's golden examples. No SIP, no network, no account.
 */
import { METHODS, NOTIFICATIONS, isMethodName } from "../sdk/_generated/methods";
import { params as checks } from "../sdk/_generated/validators";
import {
  ElsipoError,
  InvalidParamsError,
  InvalidStateError,
  MethodNotFoundError,
  PermissionDeniedError,
} from "../sdk/errors";
import type {
  Account,
  Call,
  Capability,
  Fragment,
  Message,
  MethodName,
  NotificationName,
  Notifications,
  Registration,
  Session,
} from "../sdk/model";

import type { Pace } from "./pace";

/** Method to a result of its, from the contract's examples. */
export type Golden = Readonly<Record<string, unknown>>;

/** What the host holds the page to. */
export interface Rules {
  /** What it was granted: all that its manifest asks for. */
  capabilities: readonly Capability[];
  /** The elements that fragments may fill; null for a page without a manifest, which takes what it has one for. */
  elements: readonly string[] | null;
  /** How fast it may ask for what, by method. */
  paces: ReadonlyMap<string, Pace>;
}

interface Asked {
  id: number;
  method: string;
  params?: Record<string, unknown>;
}

const DOMAIN = "provider.example";

export class Simulator {
  readonly account: Account = {
    account_id: "alice",
    aor: `sip:alice@${DOMAIN}`,
    display_name: "Alice",
    transport: "tls",
    server: "",
  };
  readonly #rules: Rules;
  readonly #elements: Set<string> | null;
  readonly #golden: Golden;
  readonly #send: (text: string) => void;
  readonly #log: (line: string) => void;
  readonly #messages: Message[] = [];
  readonly #fragments = new Map<string, Fragment>();
  #calls: Call[] = [];
  #registration: Registration = {
    account_id: "alice",
    state: "registered",
    sip_status: 200,
    reason_phrase: "OK",
    transport: "tls",
    expires_s: 300,
  };
  #count = 0;

  /**
   * @param rules what the host holds the page to
   * @param golden answers for what is not played
   * @param send puts a text on the page's port
   * @param log hears what was asked and told, for the panel
   */
  constructor(rules: Rules, golden: Golden, send: (text: string) => void, log: (line: string) => void) {
    this.#rules = rules;
    this.#elements = rules.elements === null ? null : new Set(rules.elements);
    this.#golden = golden;
    this.#send = send;
    this.#log = log;
  }

  get session(): Session {
    return {
      role: "page",
      window_id: "w1",
      account_id: "alice",
      protocol_version: 1,
      elsipo_version: "simulated",
      capabilities: [...this.#rules.capabilities],
    };
  }

  /** Take a text of the page and answer what it asks. */
  receive(text: string): void {
    const message = JSON.parse(text) as Asked | Asked[];
    (Array.isArray(message) ? message : [message]).forEach((asked) => this.#take(asked));
  }

  #take({ id, method, params }: Asked): void {
    try {
      const result = this.#answer(method, params ?? {});
      this.#log(`→ ${method}`);
      this.#send(JSON.stringify({ jsonrpc: "2.0", id, result }));
    } catch (error) {
      if (!(error instanceof ElsipoError)) throw error;
      this.#log(`→ ${method}: ${error.name}: ${error.message}`);
      this.#send(JSON.stringify({ jsonrpc: "2.0", id, error: error.toWire() }));
    }
  }

  /** Somebody writes. */
  messageFrom(user: string, body: string): void {
    const message = this.#message(user, body, "incoming");
    this.#tell("message.received", { message, from_header: `<${message.peer}>` });
  }

  /** Somebody calls. */
  callFrom(user: string): void {
    this.#change(this.#call(user, "incoming"));
  }

  /** The other side takes our call, or ends any. */
  peerAnswers(): void {
    const call = this.#calls.find(({ state }) => state === "early");
    if (call !== undefined) this.#confirm(call);
  }

  peerHangsUp(): void {
    this.#calls.forEach((call) => this.#end(call, call.state === "confirmed" ? "answered" : "missed"));
  }

  /** The registrar refuses from now on, or takes us again. */
  registrationFails(): void {
    this.#register({ state: "failed", sip_status: 403, reason_phrase: "Forbidden" });
  }

  registrationWorks(): void {
    this.#register({ state: "registered", sip_status: 200, reason_phrase: "OK" });
  }

  /** The provider sets the content of an element. */
  fragment(element_id: string, html: string): void {
    const fragment: Fragment = { element_id, html, received_at_ms: Date.now() };
    this.#fragments.set(element_id, fragment);
    if (this.#has(element_id)) this.#tell("fragment.received", { fragment });
    else this.#log(`✕ fragment.received: the manifest's elements do not name ${element_id}`);
  }

  #answer(method: string, params: Record<string, unknown>): unknown {
    if (!isMethodName(method)) throw new MethodNotFoundError();
    const { senders, capability } = METHODS[method];
    if (!senders.includes("page")) throw new PermissionDeniedError();
    if (capability !== null) {
      if (!this.#rules.capabilities.includes(capability)) throw new PermissionDeniedError({ capability });
      this.#rules.paces.get(method)?.take();
    }
    const finding = checks[method](params);
    if (finding !== null) throw new InvalidParamsError({ field: finding.field });
    const text = (name: string): string => String(params[name]);
    const played: Partial<Record<MethodName, () => unknown>> = {
      "account.get": () => this.account,
      "registration.get": () => this.#registration,
      "account.register": () => {
        this.registrationWorks();
        return this.#registration;
      },
      "account.unregister": () => {
        this.#register({ state: "unregistered", sip_status: 200, reason_phrase: "OK" });
        return this.#registration;
      },
      "message.send": () => this.#sent(this.#message(text("to"), text("body"), "outgoing")),
      "message.list": () => ({
        messages: this.#messages.filter(({ peer }) => peer === uri(text("peer"))),
        has_more: false,
      }),
      "message.mark_read": () => ({}),
      "call.dial": () => {
        const call = this.#call(text("target"), "outgoing");
        this.#change(call);
        return call;
      },
      "call.answer": () => this.#confirm(this.#running(text("call_id"))),
      "call.reject": () => this.#end(this.#running(text("call_id")), "rejected"),
      "call.hang_up": () => this.#end(this.#running(text("call_id")), "answered"),
      "call.list": () => ({ calls: this.#calls }),
      "call.history": () => ({ calls: [] }),
      "conversation.list": () => ({ conversations: [] }),
      "fragment.list": () => ({
        fragments: Array.from(this.#fragments.values()).filter(({ element_id }) => this.#has(element_id)),
      }),
      "address.normalize": () => ({ uri: uri(text("text")), display: text("text") }),
      "service.request": () => {
        // Who asks for an element to be filled has declared it by that.
        this.#elements?.add(text("element_id"));
        this.fragment(
          text("element_id"),
          `<b>${text("service").replace(/[^a-z0-9-]/g, "")}</b>: a played answer`,
        );
        return {};
      },
    };
    return played[method]?.() ?? this.#golden[method];
  }

  #message(user: string, body: string, direction: "incoming" | "outgoing"): Message {
    const message: Message = {
      message_id: `message-${++this.#count}`,
      direction,
      peer: uri(user),
      peer_display: "",
      content_type: "text/plain",
      body,
      truncated: false,
      state: direction === "incoming" ? "received" : "sending",
      sip_status: 0,
      reason_phrase: "",
      created_at_ms: Date.now(),
      read: direction === "outgoing",
    };
    this.#messages.push(message);
    return message;
  }

  #sent(message: Message): Message {
    window.setTimeout(() => {
      Object.assign(message, { state: "sent", sip_status: 200, reason_phrase: "OK" });
      this.#tell("message.state_changed", { message });
    });
    return message;
  }

  #call(user: string, direction: "incoming" | "outgoing"): Call {
    const call: Call = {
      call_id: `call-played-${++this.#count}`,
      direction,
      peer: uri(user),
      peer_display: "",
      state: direction === "incoming" ? "incoming" : "early",
      sip_status: 180,
      reason_phrase: "Ringing",
      started_at_ms: Date.now(),
      muted: false,
      on_hold: false,
      has_audio: false,
    };
    this.#calls.push(call);
    return call;
  }

  #running(call_id: string): Call {
    const call = this.#calls.find((running) => running.call_id === call_id);
    if (call === undefined) throw new InvalidStateError();
    return call;
  }

  #confirm(call: Call): object {
    this.#change(Object.assign(call, { state: "confirmed", has_audio: true, confirmed_at_ms: Date.now() }));
    return {};
  }

  #end(call: Call, outcome: NonNullable<Call["outcome"]>): object {
    this.#calls = this.#calls.filter((running) => running !== call);
    this.#change(
      Object.assign(call, { state: "disconnected", has_audio: false, ended_at_ms: Date.now(), outcome }),
    );
    return {};
  }

  #change(call: Call): void {
    this.#tell("call.state_changed", { call });
  }

  #register(change: Pick<Registration, "state" | "sip_status" | "reason_phrase">): void {
    this.#registration = { ...this.#registration, ...change };
    this.#tell("registration.state_changed", { registration: this.#registration });
  }

  #has(elementId: string): boolean {
    return this.#elements === null || this.#elements.has(elementId);
  }

  #tell<N extends NotificationName>(method: N, params: Notifications[N]): void {
    const { capability } = NOTIFICATIONS[method];
    if (capability !== null && !this.#rules.capabilities.includes(capability)) {
      this.#log(`✕ ${method}: the manifest does not ask for ${capability}`);
      return;
    }
    this.#log(`← ${method}`);
    this.#send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }
}

function uri(user: string): string {
  if (/^sips?:/i.test(user)) return user;
  return `sip:${user.includes("@") ? user : `${user}@${DOMAIN}`}`;
}

/**
 * What a page sees as `elsipo`: the bridge's methods grouped by noun, as promises; its notifications as events.
 *
 * Every method rejects with an ElsipoError (see errors.ts), never with anything else. Methods whose contract asks for
 * a gesture (`call.dial`, `call.answer`, `device.sign_out`) reject with GestureRequiredError when the user declines.
 */
import { PageConnection } from "./connection";
import { Emitter } from "./emitter";
import * as errors from "./errors";
import * as format from "./format";
import { Fragments } from "./fragments";
import type { MethodName, Methods, Notifications, Session } from "./model";
import { Plugin } from "./plugin";

export interface ConnectionEvents {
  /** The line to the host is open; also after it was lost. */
  connected: { session: Session };
  /** The line to the host is lost; `connected` follows when it is back. */
  disconnected: Record<string, never>;
}
export type ElsipoEvents = Notifications & ConnectionEvents;

type Params<M extends MethodName> = Methods[M]["params"];
type Result<M extends MethodName> = Promise<Methods[M]["result"]>;

/** Build the API of a page that lives in `pageWindow`, and greet the chrome. */
export function createElsipo(pageWindow: Window & typeof globalThis) {
  const emitter = new Emitter<ElsipoEvents>();
  const fragments = new Fragments(pageWindow.document);
  let session: Session | null = null;
  let resolveReady: (session: Session) => void;
  const ready = new Promise<Session>((resolve) => (resolveReady = resolve));

  const connection = new PageConnection(pageWindow, {
    onConnected(opened) {
      session = opened;
      resolveReady(opened);
      emitter.emit("connected", { session: opened });
      connection.request("fragment.list", {}).then(
        (list) => list.fragments.forEach((fragment) => fragments.take(fragment)),
        () => undefined, // the line went again; the next one asks anew
      );
    },
    onDisconnected() {
      emitter.emit("disconnected", {});
    },
    onNotification(name, params) {
      if (name === "fragment.received") {
        const { fragment } = params as Notifications["fragment.received"];
        if (!fragments.isFor(fragment.element_id)) return;
      }
      (emitter as unknown as Emitter<Notifications>).emit(name, params);
    },
  });

  // First of all listeners, so that a page's own find the new state in place.
  emitter.on("session.changed", (changed) => (session = changed.session));
  emitter.on("fragment.received", ({ fragment }) => fragments.take(fragment));

  const ask =
    <M extends MethodName>(method: M) =>
    (params: Params<M>): Result<M> =>
      connection.request(method, params);
  const get =
    <M extends MethodName>(method: M) =>
    (): Result<M> =>
      connection.request(method, {});
  const filter =
    <M extends MethodName>(method: M) =>
    (params: Params<M> = {}): Result<M> =>
      connection.request(method, params);

  const api = {
    /** As in 2011. */
    name: () => "elsipo",
    /** The version that the API of 2011 gave itself; see `system.versions` for today's. */
    version: () => "0.1.0",
    /** Resolves with the session when the page's line to the host is open for the first time. */
    ready,
    /** The errors that methods reject with, as classes for `instanceof`. */
    errors,
    /** Addresses and times as people read them. */
    format,
    /** The session as last told; null before `ready`. */
    get session(): Session | null {
      return session;
    },
    /** Listen to an event; the returned function stops listening. */
    on: <E extends keyof ElsipoEvents>(event: E, listener: (params: ElsipoEvents[E]) => void) =>
      emitter.on(event, listener),
    account: {
      get: get("account.get"),
      register: get("account.register"),
      unregister: get("account.unregister"),
    },
    provider: { branding: get("provider.branding") },
    registration: { get: get("registration.get") },
    message: { send: ask("message.send"), list: ask("message.list"), markRead: ask("message.mark_read") },
    conversation: { list: get("conversation.list") },
    call: {
      dial: ask("call.dial"),
      answer: ask("call.answer"),
      reject: ask("call.reject"),
      hangUp: ask("call.hang_up"),
      setMuted: ask("call.set_muted"),
      setOnHold: ask("call.set_on_hold"),
      sendDtmf: ask("call.send_dtmf"),
      probeAudio: ask("call.probe_audio"),
      list: get("call.list"),
      history: filter("call.history"),
      log: filter("call.log"),
    },
    /** Go to a `sip:` page, or offer a call to a `tel:` address, as a link in the page would. */
    link: { follow: ask("link.follow") },
    address: { normalize: ask("address.normalize") },
    service: { request: ask("service.request"), query: ask("service.query") },
    device: { list: get("device.list"), signOut: ask("device.sign_out") },
    voicemail: { get: get("voicemail.get") },
    fragment: {
      list: get("fragment.list"),
      /** Take fragments for the elements with these ids and no others; a provider's page says so in its manifest. */
      declare: (elementIds: readonly string[]) => fragments.declare(elementIds),
      /** Put known fragments in their elements again, after the page built new ones. */
      applyAll: () => fragments.applyAll(),
    },
    engine: {
      status: get("engine.status"),
      start: get("engine.start"),
      stop: get("engine.stop"),
      restart: get("engine.restart"),
    },
    audio: {
      list: get("audio.list"),
      choose: ask("audio.choose"),
      test: ask("audio.test"),
      meter: ask("audio.meter"),
    },
    system: { versions: get("system.versions"), echo: ask("system.echo") },
  };
  /** A plugin of this installation by its name; whether it is there, its promises tell. */
  const plugin = (name: string): Plugin =>
    new Plugin(
      name,
      (method, params) => connection.request(method, params),
      (listener) => emitter.on("plugin.notified", listener),
    );
  const whole = Object.assign(api, {
    plugin: Object.assign(plugin, {
      list: get("plugin.list"),
      describe: ask("plugin.describe"),
      call: ask("plugin.call"),
      restart: ask("plugin.restart"),
    }),
  });
  connection.hello();
  return whole;
}

export type Elsipo = ReturnType<typeof createElsipo>;

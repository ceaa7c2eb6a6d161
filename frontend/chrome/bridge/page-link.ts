/**
 * The page's line: its ticket, the hand-over of a port when it greets, and a new line when the old one breaks.
 *
 *   none → ticket → (page greets) → linked → broken → linked …
 *
 * Whoever greets is believed only if it is the frame that the chrome laid out, at the origin of the ticket.
 */
import { batch, signal } from "@preact/signals";
import { PROTOCOL_VERSION } from "../../sdk/_generated/methods";
import { HELLO, PORT } from "../../sdk/connection";
import { ElsipoError } from "../../sdk/errors";
import type { PageTicket, Session } from "../../sdk/model";
import { RpcClient } from "../../sdk/rpc";
import type { Bridge } from "./bridge";
import { EmptyPlace, type FrameSource } from "./empty-place";
import { Relay, type GestureGate } from "./relay";
import type { OpenSocket, Socket } from "./socket";

/** Pause before a broken line is laid anew, in milliseconds: a page that floods must not make us spin. */
const RELINK_MS = 1_000;

/** A page that dies again within this time is left to the person: it would most likely die for ever. */
const CALM_MS = 60_000;

/** A page that was written and does not greet within this time is in a renderer that is dead: it is loaded instead. */
const HEARD_WITHIN_MS = 2_000;

/** @param isWritten whether an empty place waits for the page's markup */
type FetchTicket = (isWritten?: boolean) => Promise<PageTicket>;

export class PageLink {
  /** Where the page lives, for the frame and the address bar; null before the first ticket. */
  readonly ticket = signal<PageTicket | null>(null);
  /** The frame that shows it; another with each load. */
  readonly source = signal<FrameSource>({ key: 0, url: "" });
  /** The frame that waits for the next page over SIP. */
  readonly emptyPlace: EmptyPlace;
  readonly #bridge: Bridge;
  readonly #openSocket: OpenSocket;
  readonly #gate: GestureGate;
  readonly #onUnlinked: () => void;
  readonly #onDeath: (isShownAgain: boolean) => void;
  #frame: HTMLIFrameElement | null = null;
  #freshToken: string | null = null;
  #fetchTicket: FetchTicket;
  #relay: Relay | null = null;
  /** Of several pages that were asked for, only the latest is shown. */
  #shows = 0;
  #isMoving = false;
  /** Of several hand-overs that overlap, only the latest counts. */
  #attempt = 0;
  #diedAt = -CALM_MS;
  #frames = 0;
  #unheard: number | undefined;

  /**
   * @param onUnlinked called when the page's line ends: what it asked for is void
   * @param onDeath called when the page's renderer has died or hangs, with whether the page is shown again by itself
   */
  constructor(
    bridge: Bridge,
    openSocket: OpenSocket,
    gate: GestureGate,
    onUnlinked: () => void,
    onDeath: (isShownAgain: boolean) => void,
  ) {
    this.#onUnlinked = onUnlinked;
    this.#onDeath = onDeath;
    this.#bridge = bridge;
    this.#fetchTicket = () => bridge.request("page.open", {});
    this.#openSocket = openSocket;
    this.#gate = gate;
    this.emptyPlace = new EmptyPlace(bridge, () => ++this.#frames);
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      const source = this.#frame?.contentWindow;
      if (source === null || source === undefined || event.source !== source) return;
      if (this.#isMoving || event.origin !== this.ticket.value?.origin || !isHello(event.data)) return;
      window.clearTimeout(this.#unheard);
      void this.#link();
    });
  }

  /** The frame that shows the page now, or null when it goes. */
  attach(frame: HTMLIFrameElement | null): void {
    this.#frame = frame;
  }

  get frame(): HTMLIFrameElement | null {
    return this.#frame;
  }

  /** Ask the host where the account's page lives and show it from its beginning. */
  open(): Promise<void> {
    this.emptyPlace.drop();
    return this.#show(() => this.#bridge.request("page.open", {}));
  }

  /** Show a page over SIP that the host holds. */
  openSipPage(pageId: string): Promise<void> {
    return this.#show(
      (isWritten = false) =>
        this.#bridge.request("sip_page.show", { page_id: pageId, ...(isWritten && { is_written: true }) }),
      this.emptyPlace.isReady(),
    );
  }

  /** Show what is shown once more, from its beginning. */
  again(): Promise<void> {
    this.emptyPlace.drop();
    return this.#show(this.#fetchTicket);
  }

  async #show(fetchTicket: FetchTicket, isWritten: boolean | Promise<boolean> = false): Promise<void> {
    const show = ++this.#shows;
    // What is shown stays until then, but gets no new line: a ticket for it would void the one that comes.
    this.#isMoving = true;
    let ticket: PageTicket;
    try {
      ticket = await fetchTicket(await isWritten);
    } finally {
      if (show === this.#shows) this.#isMoving = false;
    }
    if (show !== this.#shows) return;
    this.#end();
    this.#fetchTicket = fetchTicket;
    this.#freshToken = ticket.token;
    const { markup } = ticket;
    const place = markup === undefined ? null : this.emptyPlace.fill(markup);
    if (place !== null) this.#unheard = window.setTimeout(() => this.#load(ticket), HEARD_WITHIN_MS);
    batch(() => {
      this.ticket.value = ticket;
      if (place === null) this.#load(ticket);
      else this.source.value = place;
    });
  }

  #load({ url }: PageTicket): void {
    this.source.value = { key: ++this.#frames, url };
  }

  /** End the page's line, as after signing out. */
  close(): void {
    this.#shows += 1;
    this.#isMoving = false;
    this.#end();
    this.emptyPlace.drop();
    this.ticket.value = null;
  }

  #end(): void {
    window.clearTimeout(this.#unheard);
    this.#attempt += 1;
    this.#freshToken = null;
    this.#unlink();
  }

  async #link(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#unlink();
    try {
      const token = this.#freshToken ?? (await this.#fetchTicket()).token;
      this.#freshToken = null;
      if (attempt === this.#attempt) await this.#handOver(token, attempt);
    } catch (error) {
      if (!(error instanceof ElsipoError)) throw error;
      this.#relinkLater(attempt);
    }
  }

  async #handOver(token: string, attempt: number): Promise<void> {
    let receive: (text: string) => void;
    const client = new RpcClient(
      (text) => socket.send(text),
      () => undefined,
    );
    receive = (text) => client.receive(text);
    const socket: Socket = await this.#openSocket({
      onText: (text) => receive(text),
      onClosed: () => {
        client.close();
        if (attempt !== this.#attempt) return;
        this.#unlink();
        this.#relinkLater(attempt);
      },
    });
    let session: Session;
    try {
      session = await client.request("session.open", { token, protocol_version: PROTOCOL_VERSION });
    } catch (error) {
      socket.close();
      throw error;
    }
    if (attempt !== this.#attempt) {
      socket.close();
      return;
    }
    const relay = this.#deliver(socket, session);
    this.#relay = relay;
    receive = (text) => relay.toPage(text);
  }

  #deliver(socket: Socket, session: Session): Relay {
    const channel = new MessageChannel();
    // No document can be addressed by an opaque origin. Whatever is in that sandboxed frame gets the baseline alone.
    const origin = this.ticket.value?.origin ?? "null";
    const target = origin === "null" ? "*" : origin;
    this.#frame?.contentWindow?.postMessage({ type: PORT, session }, target, [channel.port2]);
    const relay: Relay = new Relay(channel.port1, socket, this.#gate, () => void this.#fellSilent(relay));
    return relay;
  }

  /** A debugger holds a page as still as death does: while DevTools are open, nobody is declared dead. */
  async #fellSilent(relay: Relay): Promise<void> {
    const isWatched = await this.#bridge.request("dev_tools.get", {}).then(
      ({ is_open }) => is_open,
      () => false,
    );
    if (isWatched) relay.bearWith();
    else if (relay === this.#relay) this.#died();
  }

  #died(): void {
    const isCalm = performance.now() - this.#diedAt > CALM_MS;
    this.#diedAt = performance.now();
    this.#onDeath(isCalm);
  }

  #unlink(): void {
    if (this.#relay === null) return;
    this.#relay.close();
    this.#relay = null;
    this.#onUnlinked();
  }

  #relinkLater(attempt: number): void {
    window.setTimeout(() => {
      if (attempt === this.#attempt && this.ticket.value !== null && !this.#isMoving) void this.#link();
    }, RELINK_MS);
  }
}

function isHello(data: unknown): boolean {
  return typeof data === "object" && data !== null && (data as { type?: unknown }).type === HELLO;
}

/**
 * Conversations and the one that is open. The host's history is the truth; here is what of it is in sight.
 */
import { batch, computed, signal } from "@preact/signals";
import type { Conversation, Elsipo, Message } from "../sdk/elsipo";

/** How many messages are fetched at a time. */
const PAGE_SIZE = 50;
/** Under load, how often what came is shown and told to be read, in milliseconds. */
const SHOW_EVERY_MS = 40;
const READ_EVERY_MS = 250;
/** How many are shown each as it comes before that is load, and how soon one more may be, in milliseconds. */
const SHOWN_AT_ONCE = 8;
const ONE_MORE_MS = 10;

export class MessageStore {
  /** Newest first. */
  readonly conversations = signal<readonly Conversation[]>([]);
  /** SIP URI of the peer whose messages are in sight; null for none. */
  readonly peer = signal<string | null>(null);
  /** Messages with `peer`, oldest first. */
  readonly thread = signal<readonly Message[]>([]);
  readonly hasEarlier = signal(false);
  readonly unread = computed(() =>
    this.conversations.value.reduce((sum, conversation) => sum + conversation.unread_count, 0),
  );
  readonly #elsipo: Elsipo;
  /** What came and is not in sight yet. */
  #arrived: { message: Message; isNew: boolean }[] = [];
  #allowance = SHOWN_AT_ONCE;
  #newestMs = 0;
  #isShowing = false;
  /** Peers whose messages were told to be read just now; true where more have been seen since. */
  readonly #reading = new Map<string, boolean>();

  constructor(elsipo: Elsipo) {
    this.#elsipo = elsipo;
    elsipo.on("message.received", ({ message }) => this.#arrive(message, true));
    elsipo.on("message.state_changed", ({ message }) => this.#arrive(message, false));
  }

  async load(): Promise<void> {
    const { conversations } = await this.#elsipo.conversation.list();
    this.conversations.value = conversations;
    if (this.peer.value !== null) await this.open(this.peer.value);
  }

  /** Show the messages with `peer`, a SIP URI. */
  async open(peer: string): Promise<void> {
    if (this.peer.value !== peer) {
      this.peer.value = peer;
      this.thread.value = [];
      this.hasEarlier.value = false;
    }
    const before = this.thread.value;
    const list = await this.#elsipo.message.list({ peer, limit: PAGE_SIZE });
    if (this.peer.value !== peer) return;
    // The list is newer than what was in sight, but events that came meanwhile are newer still.
    const meanwhile = this.thread.value.filter((message) => !before.includes(message));
    this.thread.value = merge(merge(before, list.messages), meanwhile);
    this.hasEarlier.value = list.has_more;
    await this.#markRead(peer);
  }

  close(): void {
    this.peer.value = null;
    this.thread.value = [];
  }

  /** Fetch what lies before the oldest message in sight. */
  async earlier(): Promise<void> {
    const peer = this.peer.value;
    const oldest = this.thread.value[0];
    if (peer === null || oldest === undefined) return;
    const list = await this.#elsipo.message.list({ peer, before_ms: oldest.created_at_ms, limit: PAGE_SIZE });
    if (this.peer.value !== peer) return;
    this.thread.value = merge(list.messages, this.thread.value);
    this.hasEarlier.value = list.has_more;
  }

  /** Open the conversation with what a person typed. Rejects with InvalidAddressError. */
  async begin(typed: string): Promise<void> {
    const { uri } = await this.#elsipo.address.normalize({ text: typed });
    await this.open(uri);
  }

  /** Send to the open conversation. What becomes of it arrives as an event. */
  async send(body: string): Promise<void> {
    const to = this.peer.value;
    if (to === null) return;
    const message = await this.#elsipo.message.send({ to, body });
    this.#show();
    // An event may have told of it already, and then knows more than this answer.
    if (!this.thread.value.some((known) => known.message_id === message.message_id))
      this.#put(message, false);
  }

  /** At once where it comes alone; what comes in numbers is shown together, for each view of it costs time. */
  #arrive(message: Message, isNew: boolean): void {
    this.#arrived.push({ message, isNew });
    // By the host's clock: a page that is busy with what it shows gets the next late, and all of them together.
    const sinceMs = Math.max(0, message.created_at_ms - this.#newestMs);
    this.#newestMs += sinceMs;
    this.#allowance = Math.min(SHOWN_AT_ONCE, this.#allowance + sinceMs / ONE_MORE_MS);
    if (this.#isShowing) return;
    if (this.#allowance >= 1) {
      this.#allowance -= 1;
      this.#show();
      return;
    }
    this.#isShowing = true;
    window.setTimeout(() => {
      this.#show();
      // What comes at this pace goes on to be shown together.
      this.#allowance = 0;
    }, SHOW_EVERY_MS);
  }

  #show(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#isShowing = false;
    batch(() => arrived.forEach(({ message, isNew }) => this.#put(message, isNew)));
  }

  #put(message: Message, isNew: boolean): void {
    const isOpen = message.peer === this.peer.value;
    if (isOpen) this.thread.value = withMessage(this.thread.value, message);
    const isSeen = isOpen && document.visibilityState === "visible";
    const known = this.conversations.value.find((conversation) => conversation.peer === message.peer);
    const isLatest = known === undefined || known.last_message.created_at_ms <= message.created_at_ms;
    const counted = (known?.unread_count ?? 0) + (isNew && !message.read && !isSeen ? 1 : 0);
    const conversation: Conversation = {
      peer: message.peer,
      peer_display: message.peer_display === "" ? (known?.peer_display ?? "") : message.peer_display,
      unread_count: message.direction === "incoming" && message.read ? 0 : counted,
      last_message: isLatest ? message : known.last_message,
    };
    const others = this.conversations.value.filter((other) => other.peer !== message.peer);
    this.conversations.value = [conversation, ...others].sort(
      (a, b) => b.last_message.created_at_ms - a.last_message.created_at_ms,
    );
    if (isNew && isSeen) void this.#markRead(message.peer);
  }

  async #markRead(peer: string): Promise<void> {
    this.conversations.value = this.conversations.value.map((conversation) =>
      conversation.peer === peer ? { ...conversation, unread_count: 0 } : conversation,
    );
    if (this.#reading.has(peer)) {
      this.#reading.set(peer, true);
      return;
    }
    this.#reading.set(peer, false);
    window.setTimeout(() => {
      const isMore = this.#reading.get(peer) === true;
      this.#reading.delete(peer);
      if (isMore) void this.#markRead(peer);
    }, READ_EVERY_MS);
    try {
      await this.#elsipo.message.markRead({ peer });
    } catch (error) {
      // Seen is seen; the host hears of it with the next message.
      if (!(error instanceof this.#elsipo.errors.ElsipoError)) throw error;
    }
  }
}

/** The list with one more message, or with a newer state of one; mostly it is the latest, so the end is looked at first. */
function withMessage(thread: readonly Message[], message: Message): Message[] {
  const last = thread[thread.length - 1];
  if (last === undefined || last.created_at_ms < message.created_at_ms) return thread.concat(message);
  for (let index = thread.length - 1; index >= 0; index -= 1) {
    if (thread[index]?.message_id !== message.message_id) continue;
    const changed = thread.slice();
    changed[index] = message;
    return changed;
  }
  return merge(thread, [message]);
}

/** Both lists as one, oldest first; of a message that is in both, the one from `newer`. */
function merge(older: readonly Message[], newer: readonly Message[]): Message[] {
  const byId = new Map<string, Message>();
  for (const message of older.concat(newer)) byId.set(message.message_id, message);
  return Array.from(byId.values()).sort((a, b) => a.created_at_ms - b.created_at_ms);
}

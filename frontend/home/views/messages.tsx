/** Conversations, the open one, and a field to write. */
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation, Message } from "../../sdk/elsipo";
import { useHome } from "../context";
import { Bubble } from "./bubble";
import { Composer } from "./composer";

export function Messages() {
  const home = useHome();
  const isOpen = home.messages.peer.value !== null;
  return (
    <section
      class={isOpen ? "card chat chat-open" : "card chat"}
      aria-label="Messages"
      data-testid="messages"
    >
      <Conversations />
      <Thread />
    </section>
  );
}

function Conversations() {
  const home = useHome();
  const { messages } = home;
  const [isWriting, setWriting] = useState(false);
  const [to, setTo] = useState("");
  const [problem, setProblem] = useState("");
  const begin = async (): Promise<void> => {
    if (to.trim() === "") return;
    setProblem("");
    try {
      await messages.begin(to.trim());
      setWriting(false);
      setTo("");
    } catch (error) {
      setProblem(home.problem(error));
    }
  };
  return (
    <div class="chat-list">
      <div class="chat-head">
        <h2>Messages</h2>
        <button
          type="button"
          class="button"
          data-testid="new-message"
          aria-expanded={isWriting}
          onClick={() => setWriting(!isWriting)}
        >
          New
        </button>
      </div>
      {isWriting && (
        <form
          class="chat-new"
          onSubmit={(event) => {
            event.preventDefault();
            void begin();
          }}
        >
          <FocusedField value={to} onValue={setTo} onEscape={() => setWriting(false)} />
          <button
            type="submit"
            class="button button-go"
            data-testid="new-message-start"
            disabled={to.trim() === ""}
          >
            Write
          </button>
        </form>
      )}
      <p class="error-text" role="alert" data-testid="new-message-error">
        {problem}
      </p>
      {messages.conversations.value.length === 0 ? (
        <p class="empty" data-testid="conversations-empty">
          Nobody wrote yet. “New” starts a conversation.
        </p>
      ) : (
        <ul class="rows">
          {messages.conversations.value.map((conversation) => (
            <ConversationRow key={conversation.peer} conversation={conversation} />
          ))}
        </ul>
      )}
    </div>
  );
}

interface FocusedFieldProps {
  value: string;
  onValue: (value: string) => void;
  onEscape: () => void;
}

function FocusedField({ value, onValue, onEscape }: FocusedFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <input
      ref={field}
      class="field"
      data-testid="new-message-to"
      aria-label="Write to"
      placeholder="bob or bob@example.org"
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      value={value}
      onInput={(event) => onValue(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") onEscape();
      }}
    />
  );
}

function ConversationRow({ conversation }: { conversation: Conversation }) {
  const home = useHome();
  const { peer, unread_count: unread, last_message: last } = conversation;
  const isOpen = home.messages.peer.value === peer;
  const name = home.name(conversation);
  return (
    <li>
      <button
        type="button"
        class={isOpen ? "row row-button row-open" : "row row-button"}
        data-testid="conversation"
        data-peer={peer}
        aria-current={isOpen ? "true" : undefined}
        onClick={() => void home.messages.open(peer)}
      >
        <span class="avatar" aria-hidden="true">
          {name.charAt(0).toUpperCase()}
        </span>
        <span class="row-text">
          <span class="row-name">
            <span class="row-cut">{name}</span>
            <time class="row-time">{home.elsipo.format.briefTime(last.created_at_ms)}</time>
          </span>
          <span class="row-detail row-cut">
            {last.direction === "outgoing" ? "You: " : ""}
            {last.body}
          </span>
        </span>
        {unread > 0 && (
          <span class="badge" data-testid="unread-count" aria-label={`${unread} unread`}>
            {unread}
          </span>
        )}
      </button>
    </li>
  );
}

const bubbles = new WeakMap<Message, VNode>();

/** The same node for the same message, so that a thread of thousands costs no more than what changed in it. */
function bubble(message: Message): VNode {
  const known = bubbles.get(message) ?? <Bubble key={message.message_id} message={message} />;
  bubbles.set(message, known);
  return known;
}

function Thread() {
  const home = useHome();
  const { messages } = home;
  const [problem, setProblem] = useState("");
  const peer = messages.peer.value;
  const thread = messages.thread.value;
  const list = useRef<HTMLOListElement>(null);
  const newest = thread[thread.length - 1]?.message_id;
  useLayoutEffect(() => {
    if (list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [peer, newest]);
  if (peer === null) {
    return (
      <div class="thread thread-none">
        <p class="empty">Choose a conversation, or start a new one.</p>
      </div>
    );
  }
  const call = async (): Promise<void> => {
    setProblem("");
    try {
      await home.elsipo.call.dial({ target: peer });
    } catch (error) {
      setProblem(home.problem(error));
    }
  };
  const known = messages.conversations.value.find((conversation) => conversation.peer === peer);
  const name = home.name(known ?? { peer, peer_display: "" });
  return (
    <div class="thread" data-testid="thread" data-peer={peer}>
      <div class="thread-head">
        <button
          type="button"
          class="button-plain button-icon thread-back"
          data-testid="thread-back"
          aria-label="Back to all conversations"
          onClick={() => messages.close()}
        >
          ‹
        </button>
        <div class="row-text">
          <h3>{name}</h3>
          <p class="row-detail row-cut">{home.elsipo.format.address(peer)}</p>
        </div>
        <button
          type="button"
          class="button"
          data-testid="thread-call"
          aria-label={`Call ${name}`}
          onClick={() => void call()}
        >
          Call
        </button>
      </div>
      <p class="error-text thread-error" role="alert">
        {problem}
      </p>
      <ol ref={list} class="bubbles" aria-label={`Messages with ${name}`} role="log" tabIndex={0}>
        {messages.hasEarlier.value && (
          <li class="bubbles-more">
            <button
              type="button"
              class="button-plain"
              data-testid="earlier"
              onClick={() => void messages.earlier()}
            >
              Earlier messages
            </button>
          </li>
        )}
        {thread.length === 0 && <li class="empty">No messages with {name} yet.</li>}
        {thread.map(bubble)}
      </ol>
      <Composer key={peer} name={name} />
    </div>
  );
}

/** One message, with what became of it where it is ours. A body is text here, whatever its content type says. */
import { useState } from "preact/hooks";
import type { Message } from "../../sdk/elsipo";
import { useHome } from "../context";

const STATES = {
  queued: "Waiting for the connection",
  sending: "Sending…",
  sent: "Sent",
  failed: "Not delivered",
  received: "Received",
} as const;

export function Bubble({ message }: { message: Message }) {
  const home = useHome();
  const [problem, setProblem] = useState("");
  const isOurs = message.direction === "outgoing";
  const retry = async (): Promise<void> => {
    setProblem("");
    try {
      await home.messages.send(message.body);
    } catch (error) {
      setProblem(home.problem(error));
    }
  };
  const reason =
    message.state === "failed" && message.sip_status > 0
      ? `: ${message.sip_status} ${message.reason_phrase}`
      : message.state === "failed" && message.reason_phrase !== ""
        ? `: ${message.reason_phrase}`
        : "";
  return (
    <li
      class={isOurs ? "bubble bubble-ours" : "bubble"}
      data-testid="message"
      data-message-id={message.message_id}
      data-direction={message.direction}
      data-state={message.state}
    >
      <span class="visually-hidden">{isOurs ? "You:" : `${home.name(message)}:`}</span>
      <p class="bubble-body" data-testid="message-body">
        {message.body}
      </p>
      {message.truncated && (
        <p class="bubble-cut" data-testid="message-truncated">
          Cut: the rest of this message did not arrive.
        </p>
      )}
      <p class="bubble-foot">
        <time>{home.elsipo.format.time(message.created_at_ms)}</time>
        {isOurs && (
          <span
            class={message.state === "failed" ? "bubble-state error-text" : "bubble-state"}
            data-testid="message-state"
          >
            {STATES[message.state]}
            {reason}
          </span>
        )}
        {message.state === "failed" && (
          <button type="button" class="link" data-testid="message-retry" onClick={() => void retry()}>
            Send again
          </button>
        )}
      </p>
      <p class="error-text" role="alert">
        {problem}
      </p>
    </li>
  );
}

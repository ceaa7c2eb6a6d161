/** The field to write in. Enter sends, Shift+Enter begins a line; what could not be sent stays in the field. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useHome } from "../context";

export function Composer({ name }: { name: string }) {
  const home = useHome();
  const [body, setBody] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const send = async (): Promise<void> => {
    if (body.trim() === "" || isBusy) return;
    setBusy(true);
    setProblem("");
    try {
      await home.messages.send(body);
      setBody("");
    } catch (error) {
      setProblem(home.problem(error));
    } finally {
      setBusy(false);
      field.current?.focus();
    }
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <p class="error-text" role="alert" data-testid="message-error">
        {problem}
      </p>
      <textarea
        ref={field}
        class="field composer-field"
        rows={Math.min(5, body.split("\n").length)}
        aria-label={`Message to ${name}`}
        placeholder="Write a message"
        data-testid="message-input"
        value={body}
        onInput={(event) => setBody(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      <button
        type="submit"
        class="button button-go"
        data-testid="message-send"
        disabled={body.trim() === "" || isBusy}
      >
        Send
      </button>
    </form>
  );
}

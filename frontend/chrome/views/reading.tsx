/** A dialog with a text to be read and copied. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Signal } from "@preact/signals";
import { ElsipoError } from "../../sdk/errors";
import { closing, Dialog } from "./dialog";
import { copied } from "./sip-panel";

interface ReadingProps<T extends { text: string }> {
  title: string;
  /** What the `data-testid`s of its parts begin with. */
  name: string;
  isOpen: Signal<boolean>;
  /** Fetch what is to be read. */
  fetch: () => Promise<T>;
  /** Said when it cannot be had. */
  otherwise: string;
  /** Said above it. */
  about: (content: T) => ComponentChildren;
  /** What the text is, for a screen reader. */
  label: string;
}

export function ReadingDialog<T extends { text: string }>({
  title,
  name,
  isOpen,
  fetch,
  otherwise,
  about,
  label,
}: ReadingProps<T>) {
  const [content, setContent] = useState<T | null>(null);
  const [said, setSaid] = useState("");
  const close = closing(isOpen);
  useEffect(() => {
    fetch()
      .then(setContent)
      .catch((error: unknown) => setSaid(error instanceof ElsipoError ? error.message : otherwise));
  }, []);
  return (
    <Dialog title={title} testId={`${name}-dialog`} look="reading" onClose={close}>
      {content !== null && (
        <>
          {about(content)}
          <pre class="reading-text" tabIndex={0} aria-label={label} data-testid={`${name}-text`}>
            {content.text}
          </pre>
        </>
      )}
      <p class="quiet" role="status" data-testid={`${name}-said`}>
        {said}
      </p>
      <div class="reading-buttons">
        {content !== null && (
          <button
            type="button"
            class="button button-go"
            data-testid={`${name}-copy`}
            onClick={() => setSaid(copied(content.text) ? "Copied." : "It could not be copied.")}
          >
            Copy
          </button>
        )}
        <button type="button" class="button" data-testid={`${name}-close`} onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

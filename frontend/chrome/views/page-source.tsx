/** The text of the page that is shown, to be read and copied; and the menu's entries about that page. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ElsipoError } from "../../sdk/errors";
import type { PageSource } from "../../sdk/model";
import { useChrome } from "../context";
import { copied } from "./sip-panel";

export function PageSourceDialog() {
  const { bridge, store } = useChrome();
  const [source, setSource] = useState<PageSource | null>(null);
  const [said, setSaid] = useState("");
  const card = useRef<HTMLDivElement>(null);
  const close = (): void => {
    store.isReadingSource.value = false;
    document.querySelector<HTMLElement>("[data-testid=account-menu-button]")?.focus();
  };
  useEffect(() => {
    card.current?.focus();
    bridge
      .request("page.source", {})
      .then(setSource)
      .catch((error: unknown) =>
        setSaid(error instanceof ElsipoError ? error.message : "The page cannot be read."),
      );
  }, []);
  return (
    <div
      class="overlay overlay-form"
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <div
        ref={card}
        class="card reading"
        role="dialog"
        aria-modal="true"
        aria-labelledby="source-title"
        tabIndex={-1}
        data-testid="source-dialog"
      >
        <h1 id="source-title">Source of the page</h1>
        {source !== null && (
          <>
            <p class="quiet reading-where" data-testid="source-where">
              {source.where}
              {source.is_cut && " – only the first 256 KiB"}
            </p>
            <pre class="reading-text" tabIndex={0} aria-label="Source" data-testid="source-text">
              {source.text}
            </pre>
          </>
        )}
        <p class="quiet" role="status" data-testid="source-said">
          {said}
        </p>
        <div class="reading-buttons">
          {source !== null && (
            <button
              type="button"
              class="button button-go"
              data-testid="source-copy"
              onClick={() => setSaid(copied(source.text) ? "Copied." : "It could not be copied.")}
            >
              Copy
            </button>
          )}
          <button type="button" class="button" data-testid="source-close" onClick={close}>
            Close
          </button>
        </div>
      </div>
    </div>
  );
}

/** What can be done with the page that is shown. */
export function PageItems({ onDone }: { onDone: () => void }) {
  const { bridge, page, store } = useChrome();
  const kind = page.ticket.value?.kind;
  const fork = async (): Promise<void> => {
    const copy = await bridge.request("page.fork", {});
    const left = copy.left_out === 0 ? "" : ` Left out: ${copy.left_out} of the files that it names.`;
    store.say(
      "info",
      `You see your own copy of the page now; it is in ${copy.folder}.${left} ` +
        "It may do what you allow it. To go back: “Use the provider’s page again” in the account’s menu.",
    );
  };
  return (
    <>
      <button
        type="button"
        class="menu-item"
        data-testid="menu-source"
        onClick={() => {
          onDone();
          store.isReadingSource.value = true;
        }}
      >
        View source…
      </button>
      <button
        type="button"
        class="menu-item"
        data-testid="menu-fork"
        onClick={() => {
          onDone();
          void store.act(fork());
        }}
      >
        Fork this UI
      </button>
      {(kind === "local" || kind === "remote") && (
        <button
          type="button"
          class="menu-item"
          data-testid="menu-use-provider"
          onClick={() => {
            onDone();
            void store.act(bridge.request("page.use_provider", {}));
          }}
        >
          Use the provider’s page again
        </button>
      )}
    </>
  );
}

/** The text of the page that is shown, to be read and copied; and the menu's entries about that page. */
import { useChrome } from "../context";
import { ReadingDialog } from "./reading";

export function PageSourceDialog() {
  const { bridge, store } = useChrome();
  return (
    <ReadingDialog
      title="Source of the page"
      name="source"
      isOpen={store.isReadingSource}
      fetch={() => bridge.request("page.source", {})}
      otherwise="The page cannot be read."
      label="Source"
      about={(source) => (
        <p class="quiet reading-where" data-testid="source-where">
          {source.where}
          {source.is_cut && " – only the first 256 KiB"}
        </p>
      )}
    />
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

/** Back, forward, reload or stop, home; the pages that the person knows; and how far the next one is. */
import { useEffect, useRef, useState } from "preact/hooks";
import { address, briefTime } from "../../sdk/format";
import type { KnownPage } from "../../sdk/model";
import { useChrome } from "../context";
import { Icon, type IconName } from "./icon";

export function PageNav() {
  const { navigation, store } = useChrome();
  const isLoading = navigation.loading.value !== null;
  return (
    <nav class="nav" aria-label="Page">
      <NavButton
        name="Back"
        icon="back"
        testId="back-button"
        isDisabled={!navigation.canGoBack.value}
        onClick={() => void store.act(navigation.back())}
      />
      <NavButton
        name="Forward"
        icon="forward"
        testId="forward-button"
        isDisabled={!navigation.canGoForward.value}
        onClick={() => void store.act(navigation.forward())}
      />
      {isLoading ? (
        <NavButton name="Stop" icon="close" testId="stop-button" onClick={() => navigation.stop()} />
      ) : (
        <NavButton
          name="Reload the page"
          icon="reload"
          testId="reload-button"
          onClick={() => void store.act(navigation.reload())}
        />
      )}
      <NavButton
        name="Home"
        icon="home"
        testId="home-button"
        onClick={() => void store.act(navigation.home())}
      />
      <KnownPages />
    </nav>
  );
}

interface NavButtonProps {
  name: string;
  icon: IconName;
  testId: string;
  isDisabled?: boolean;
  onClick: () => void;
}

function NavButton({ name, icon, testId, isDisabled = false, onClick }: NavButtonProps) {
  return (
    <button
      type="button"
      class="button-plain button-icon"
      aria-label={name}
      title={name}
      data-testid={testId}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A line below the top bar while a page is asked for. How long a provider takes, nobody knows. */
export function Progress() {
  const { navigation } = useChrome();
  const target = navigation.loading.value;
  return (
    <div class="progress-place" role="status">
      {target !== null && (
        <div class="progress" data-testid="page-progress">
          <span class="visually-hidden">Asking for {address(target)}</span>
        </div>
      )}
    </div>
  );
}

/** Keep this page, or keep it no longer. Shown for pages over SIP. */
export function BookmarkButton() {
  const { bridge, library, navigation, store } = useChrome();
  const entry = navigation.entry.value;
  if (entry.kind !== "sip" || entry.pageId === null) return null;
  const { uri, title } = entry;
  const isKept = library.keeps(uri);
  const name = isKept ? "Remove the bookmark" : "Bookmark this page";
  return (
    <button
      type="button"
      class={`button-plain button-icon bookmark ${isKept ? "bookmark-kept" : ""}`}
      aria-label={name}
      aria-pressed={isKept}
      title={name}
      data-testid="bookmark-button"
      onClick={() =>
        void store.act(
          isKept
            ? bridge.request("bookmark.remove", { uri })
            : bridge.request("bookmark.add", { uri, title }),
        )
      }
    >
      <Icon name="star" />
    </button>
  );
}

function KnownPages() {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const onPointer = (event: MouseEvent): void => {
      if (!(event.target instanceof Node) || !root.current?.contains(event.target)) setOpen(false);
    };
    const onBlur = (): void => setOpen(false);
    document.addEventListener("mousedown", onPointer);
    window.addEventListener("blur", onBlur);
    return () => {
      document.removeEventListener("mousedown", onPointer);
      window.removeEventListener("blur", onBlur);
    };
  }, [isOpen]);
  return (
    <div
      class="known"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === "Escape") setOpen(false);
      }}
    >
      <button
        type="button"
        class="button-plain button-icon"
        aria-label="Bookmarks and history"
        title="Bookmarks and history"
        aria-expanded={isOpen}
        data-testid="pages-button"
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="book" />
      </button>
      {isOpen && <KnownPagesMenu onDone={() => setOpen(false)} />}
    </div>
  );
}

function KnownPagesMenu({ onDone }: { onDone: () => void }) {
  const { bridge, library, store } = useChrome();
  const bookmarks = library.bookmarks.value;
  const history = library.history.value;
  return (
    <div class="menu menu-pages" role="group" aria-label="Bookmarks and history" data-testid="pages-menu">
      <h2>Bookmarks</h2>
      {bookmarks.length === 0 && <p class="quiet">Pages that you star are here.</p>}
      <ul class="known-list">
        {bookmarks.map((page) => (
          <li key={page.uri} data-testid="bookmark" data-uri={page.uri}>
            <OpenKnown page={page} onDone={onDone} />
            <button
              type="button"
              class="button-plain button-icon"
              aria-label={`Remove the bookmark of ${page.title || address(page.uri)}`}
              title="Remove"
              data-testid="bookmark-remove"
              onClick={() => void store.act(bridge.request("bookmark.remove", { uri: page.uri }))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <h2>History</h2>
      {history.length === 0 && (
        <p class="quiet">Type a name like “menu” above to ask your provider for a page.</p>
      )}
      <ul class="known-list">
        {history.map((page) => (
          <li key={page.uri} data-testid="visited" data-uri={page.uri}>
            <OpenKnown page={page} onDone={onDone} />
            <span class="quiet known-time">{briefTime(page.at_ms)}</span>
          </li>
        ))}
      </ul>
      {history.length > 0 && (
        <button
          type="button"
          class="menu-item"
          data-testid="history-forget"
          onClick={() => void store.act(bridge.request("sip_page.forget_history", {}))}
        >
          Forget the history
        </button>
      )}
    </div>
  );
}

function OpenKnown({ page, onDone }: { page: KnownPage; onDone: () => void }) {
  const { navigation } = useChrome();
  return (
    <button
      type="button"
      class="menu-item known-open"
      data-testid="known-open"
      onClick={() => {
        onDone();
        void navigation.open(page.uri);
      }}
    >
      <span class="known-title">{page.title || address(page.uri)}</span>
      <span class="quiet known-uri">{address(page.uri)}</span>
    </button>
  );
}

/** Parts of the account's menu that are about this Elsipo as a whole: who else is here, and how it ends. */
import { address } from "../../sdk/format";
import type { AccountEntry } from "../../sdk/model";
import { useChrome } from "../context";
import { registrationStateWord } from "../words";
import { Icon } from "./icon";

/** All accounts; a click opens or shows the window of one. */
export function AccountList({ onDone }: { onDone: () => void }) {
  const { store } = useChrome();
  return (
    <ul class="accounts" aria-label="Accounts" data-testid="menu-accounts">
      {store.accounts.value.map((entry) => (
        <AccountRow key={entry.account_id} entry={entry} onDone={onDone} />
      ))}
    </ul>
  );
}

function AccountRow({ entry, onDone }: { entry: AccountEntry; onDone: () => void }) {
  const { bridge, store } = useChrome();
  const aor = address(entry.aor);
  const isHere = entry.account_id === store.session.value?.account_id;
  const where = isHere ? "this window" : entry.has_window ? "has a window" : "window closed";
  const about = `${registrationStateWord(entry.registration)}, ${where}`;
  const unread = entry.unread_count === 0 ? "" : `, ${entry.unread_count} unread`;
  const run = (method: "window.show" | "window.close"): void => {
    onDone();
    void store.act(bridge.request(method, { account_id: entry.account_id }));
  };
  return (
    <li
      class="account-row"
      data-account-id={entry.account_id}
      data-window={entry.has_window ? "open" : "closed"}
    >
      <button
        type="button"
        class="menu-item account-show"
        data-testid="menu-account"
        data-account-id={entry.account_id}
        aria-current={isHere ? "true" : undefined}
        aria-label={`${aor}, ${about}${unread}`}
        onClick={() => run("window.show")}
      >
        <span class={`dot dot-${entry.registration}`} aria-hidden="true" />
        <span class="account-text">
          <span class="account-aor">{aor}</span>
          <span class="quiet account-about">{about}</span>
        </span>
        {entry.unread_count > 0 && <span class="badge">{entry.unread_count}</span>}
      </button>
      {entry.has_window && (
        <button
          type="button"
          class="button-plain button-icon"
          data-testid="menu-close-window"
          data-account-id={entry.account_id}
          aria-label={`Close the window of ${aor}`}
          title={`Close the window of ${aor}`}
          onClick={() => run("window.close")}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}

/** What happens when the last window is closed, and the way out at once. */
export function ProgramItems({ onDone }: { onDone: () => void }) {
  const { bridge, store } = useChrome();
  const keeps = store.settings.value?.keep_running ?? false;
  return (
    <>
      <label class="menu-item menu-check">
        <input
          type="checkbox"
          data-testid="menu-keep-running"
          checked={keeps}
          onChange={(event) => {
            const settings = { keep_running: event.currentTarget.checked };
            void store.act(bridge.request("settings.set", { settings }));
          }}
        />
        Stay on line when closed
      </label>
      <button
        type="button"
        class="menu-item"
        data-testid="menu-quit"
        onClick={() => {
          onDone();
          void store.act(bridge.request("program.quit", {}));
        }}
      >
        Quit Elsipo
      </button>
    </>
  );
}

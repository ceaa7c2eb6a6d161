/** Who is signed in, how the registration stands, how it travels; and the account's menu. */
import { useEffect, useRef, useState } from "preact/hooks";
import { address } from "../../sdk/format";
import { registrationWord, transportWords } from "../words";
import { useChrome } from "../context";
import { AccountList, ProgramItems } from "./accounts";
import { Icon } from "./icon";
import { PageItems } from "./page-source";

export function Identity() {
  const { store } = useChrome();
  const account = store.account.value;
  const registration = store.registration.value;
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    // A click anywhere else closes it; one in the page shows as the loss of our focus.
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
  if (account === null) return null;
  const aor = address(account.aor);
  const state = registration?.state ?? "unregistered";
  const travel = transportWords(account.transport);
  return (
    <div
      class="identity"
      data-testid="identity"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === "Escape" && isOpen) close();
      }}
    >
      <span
        class={travel.secure ? "travel travel-secure" : "travel"}
        role="img"
        aria-label={travel.text}
        title={travel.text}
        data-testid="transport-security"
        data-transport={account.transport}
      >
        <Icon name={travel.secure ? "lock" : "unlock"} />
      </span>
      <button
        ref={button}
        type="button"
        class="identity-button"
        data-testid="account-menu-button"
        aria-expanded={isOpen}
        aria-label={`Account ${aor}, ${registrationWord(registration)}`}
        onClick={() => setOpen(!isOpen)}
      >
        <span class="identity-text">
          <span class="identity-aor" data-testid="identity-aor">
            {aor}
          </span>
          <span class="identity-state" data-testid="registration-state" data-state={state}>
            <span class={`dot dot-${state}`} aria-hidden="true" />
            {capital(registrationWord(registration))}
          </span>
        </span>
        <Icon name="down" />
      </button>
      <span class="visually-hidden" role="status">{`${aor}: ${registrationWord(registration)}`}</span>
      {isOpen && <AccountMenu onDone={close} />}
    </div>
  );
}

function AccountMenu({ onDone }: { onDone: () => void }) {
  const { bridge, store } = useChrome();
  const [isLeaving, setLeaving] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), [isLeaving]);
  const account = store.account.value;
  const state = store.registration.value?.state ?? "unregistered";
  if (account === null) return null;
  const run = (method: "account.register" | "account.unregister" | "account.remove"): void => {
    onDone();
    void store.act(bridge.request(method, {}));
  };
  const aor = address(account.aor);
  if (isLeaving) {
    const question = `Sign out of ${aor}?`;
    return (
      <div class="menu" role="alertdialog" aria-label={question} data-testid="sign-out-dialog">
        <p>
          <strong>{question}</strong>
        </p>
        <p class="quiet">
          Elsipo forgets the account, its password, and the messages and calls that it kept of it.
        </p>
        <div class="menu-row">
          <button
            type="button"
            class="button button-stop"
            data-testid="sign-out-confirm"
            onClick={() => run("account.remove")}
          >
            Sign out
          </button>
          <button
            ref={first}
            type="button"
            class="button"
            data-testid="sign-out-cancel"
            onClick={() => setLeaving(false)}
          >
            Stay
          </button>
        </div>
      </div>
    );
  }
  const isOn = state === "registered" || state === "registering";
  return (
    <div class="menu" role="group" aria-label="Account" data-testid="account-menu">
      <dl class="facts">
        {account.display_name !== "" && (
          <>
            <dt>Name</dt>
            <dd>{account.display_name}</dd>
          </>
        )}
        <dt>Address</dt>
        <dd>{aor}</dd>
        <dt>Transport</dt>
        <dd>{transportWords(account.transport).text}</dd>
        {account.server !== "" && (
          <>
            <dt>Server</dt>
            <dd>{account.server}</dd>
          </>
        )}
      </dl>
      <button
        ref={first}
        type="button"
        class="menu-item"
        data-testid={isOn ? "menu-unregister" : "menu-register"}
        onClick={() => run(isOn ? "account.unregister" : "account.register")}
      >
        {isOn ? "Unregister" : "Register"}
      </button>
      <button
        type="button"
        class="menu-item"
        data-testid="menu-sound"
        onClick={() => {
          onDone();
          store.isChoosingSound.value = true;
        }}
      >
        Sound…
      </button>
      {store.engine.value?.crashed_at_ms !== undefined && (
        <button
          type="button"
          class="menu-item"
          data-testid="menu-crash-report"
          onClick={() => {
            onDone();
            store.isReadingCrashReport.value = true;
          }}
        >
          Crash report…
        </button>
      )}
      <AccountList onDone={onDone} />
      <button
        type="button"
        class="menu-item"
        data-testid="menu-provider"
        onClick={() => {
          onDone();
          store.isAboutProvider.value = true;
        }}
      >
        Provider and permissions…
      </button>
      <button
        type="button"
        class="menu-item"
        data-testid="menu-add-account"
        onClick={() => {
          onDone();
          store.isAddingAccount.value = true;
        }}
      >
        Add an account…
      </button>
      <button
        type="button"
        class="menu-item"
        data-testid="menu-dev-tools"
        onClick={() => {
          onDone();
          void store.act(bridge.request("dev_tools.show", { subject: "page" }));
        }}
      >
        Developer tools <kbd class="menu-key">F12</kbd>
      </button>
      {store.isDevPanelOpen.value && (
        <button
          type="button"
          class="menu-item"
          data-testid="menu-chrome-dev-tools"
          onClick={() => {
            onDone();
            void store.act(bridge.request("dev_tools.show", { subject: "chrome" }));
          }}
        >
          DevTools of the frame
        </button>
      )}
      <button
        type="button"
        class="menu-item"
        data-testid="menu-sip-panel"
        aria-pressed={store.isDevPanelOpen.value}
        onClick={() => {
          onDone();
          store.isDevPanelOpen.value = !store.isDevPanelOpen.value;
        }}
      >
        SIP panel <kbd class="menu-key">Ctrl+F12</kbd>
      </button>
      <PageItems onDone={onDone} />
      <button type="button" class="menu-item" data-testid="menu-sign-out" onClick={() => setLeaving(true)}>
        Sign out…
      </button>
      <ProgramItems onDone={onDone} />
    </div>
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

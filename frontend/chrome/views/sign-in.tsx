/**
 * The one form that a password is ever typed into. It goes to the host and nowhere else; nothing gives it back.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { CredentialStoreError } from "../../sdk/errors";
import type { Methods, Transport } from "../../sdk/model";
import { useChrome } from "../context";
import { signInHelp } from "../sign-in-help";
import { Logo } from "./icon";

type Fields = Required<Methods["account.add"]["params"]>;

const EMPTY: Omit<Fields, "transport"> & { transport: Transport | "" } = {
  address: "",
  password: "",
  display_name: "",
  transport: "",
  server: "",
  allow_file: false,
};

/** @param onDone called after signing in, and by "Cancel", which is there only with it */
export function SignIn({ onDone }: { onDone?: () => void }) {
  const { bridge } = useChrome();
  const [fields, setFields] = useState(EMPTY);
  const [problem, setProblem] = useState("");
  const [mayUseFile, setMayUseFile] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const alert = useRef<HTMLParagraphElement>(null);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const set = (change: Partial<typeof EMPTY>): void => setFields((before) => ({ ...before, ...change }));
  const submit = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem("");
    try {
      await bridge.request("account.add", accountParams(fields));
      setFields(EMPTY);
      onDone?.();
    } catch (error) {
      if (error instanceof CredentialStoreError) setMayUseFile(true);
      setProblem(signInHelp(error));
      alert.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  return (
    <main
      class="sign-in"
      onKeyDown={(event) => {
        if (event.key === "Escape") onDone?.();
      }}
    >
      <form
        class="card"
        data-testid="sign-in-form"
        aria-label="Sign in"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1>
          <Logo /> Sign in
        </h1>
        <p class="quiet">With your SIP address. Elsipo then shows what its provider offers.</p>
        <p ref={alert} class="error-text" role="alert" tabIndex={-1} data-testid="sign-in-error">
          {problem}
        </p>
        <Field label="Address" hint="For example alice@example.org">
          <input
            ref={first}
            class="field"
            data-testid="sign-in-address"
            name="address"
            required
            autocomplete="username"
            autocapitalize="off"
            spellcheck={false}
            value={fields.address}
            onInput={(event) => set({ address: event.currentTarget.value })}
          />
        </Field>
        <Field label="Password">
          <input
            class="field"
            data-testid="sign-in-password"
            name="password"
            type="password"
            required
            autocomplete="off"
            value={fields.password}
            onInput={(event) => set({ password: event.currentTarget.value })}
          />
        </Field>
        <details class="advanced">
          <summary data-testid="sign-in-advanced">More settings</summary>
          <Field label="Your name" hint="Shown to those you call and write to">
            <input
              class="field"
              data-testid="sign-in-display-name"
              value={fields.display_name}
              onInput={(event) => set({ display_name: event.currentTarget.value })}
            />
          </Field>
          <Field label="Transport">
            <select
              class="field"
              data-testid="sign-in-transport"
              value={fields.transport}
              onChange={(event) => set({ transport: event.currentTarget.value as Transport | "" })}
            >
              <option value="">Let Elsipo choose</option>
              <option value="tls">TLS (encrypted)</option>
              <option value="tcp">TCP</option>
              <option value="udp">UDP</option>
            </select>
          </Field>
          <Field label="Server" hint="Only if your provider says so, for example sip.example.org:5061">
            <input
              class="field"
              data-testid="sign-in-server"
              autocapitalize="off"
              spellcheck={false}
              value={fields.server}
              onInput={(event) => set({ server: event.currentTarget.value })}
            />
          </Field>
        </details>
        {mayUseFile && (
          <label class="check">
            <input
              type="checkbox"
              data-testid="sign-in-allow-file"
              checked={fields.allow_file}
              onChange={(event) => set({ allow_file: event.currentTarget.checked })}
            />
            <span>Keep the password in a file that only my user may read</span>
          </label>
        )}
        <button
          type="submit"
          class="button button-go button-wide"
          data-testid="sign-in-submit"
          disabled={isBusy}
          aria-busy={isBusy}
        >
          {isBusy ? "Signing in…" : "Sign in"}
        </button>
        {onDone !== undefined && (
          <button type="button" class="button button-wide" data-testid="sign-in-cancel" onClick={onDone}>
            Cancel
          </button>
        )}
      </form>
    </main>
  );
}

function Field(props: { label: string; hint?: string; children: preact.ComponentChildren }) {
  return (
    <label class="labelled">
      <span class="label">{props.label}</span>
      {props.children}
      {props.hint !== undefined && <span class="quiet hint">{props.hint}</span>}
    </label>
  );
}

/** What was left empty is left to the host. */
function accountParams(fields: typeof EMPTY): Methods["account.add"]["params"] {
  const { transport, display_name, server } = fields;
  return {
    address: fields.address.trim(),
    password: fields.password,
    ...(display_name.trim() === "" ? {} : { display_name: display_name.trim() }),
    ...(transport === "" ? {} : { transport }),
    ...(server.trim() === "" ? {} : { server: server.trim() }),
    ...(fields.allow_file ? { allow_file: true } : {}),
  };
}

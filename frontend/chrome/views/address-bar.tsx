/** What the window shows, and the way to somebody else: a typed SIP address can be called or written to. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ElsipoError } from "../../sdk/errors";
import { address } from "../../sdk/format";
import type { Address } from "../../sdk/model";
import { useChrome } from "../context";
import { Icon } from "./icon";
import { useOffer } from "./offer";

/** Pause in typing before the host is asked, in milliseconds. */
const PREVIEW_MS = 150;

type Meaning = { kind: "nothing" } | { kind: "address"; address: Address } | { kind: "error"; text: string };

export function AddressBar() {
  const { bridge, page, store } = useChrome();
  const [text, setText] = useState<string | null>(null);
  const [meaning, setMeaning] = useState<Meaning>({ kind: "nothing" });
  /** Enter was pressed: the keyboard goes on to the offer, as soon as it is there. */
  const [isChosen, setChosen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const callButton = useRef<HTMLButtonElement>(null);
  const latest = useRef("");
  const account = store.account.value;
  const where = account === null ? "" : pageName(address(account.aor), page.ticket.value?.title ?? "");

  const understand = async (typed: string): Promise<boolean> => {
    latest.current = typed;
    let found: Meaning;
    try {
      found = { kind: "address", address: await bridge.request("address.normalize", { text: typed }) };
    } catch (error) {
      found = {
        kind: "error",
        text: error instanceof ElsipoError ? error.message : "That is not an address.",
      };
    }
    if (latest.current !== typed) return false;
    setMeaning(found);
    return found.kind === "address";
  };
  useEffect(() => {
    if (text === null || text.trim() === "") return;
    const timer = window.setTimeout(() => void understand(text.trim()), PREVIEW_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  const reset = (): void => {
    latest.current = "";
    setText(null);
    setMeaning({ kind: "nothing" });
  };
  const type = (typed: string): void => {
    setText(typed);
    if (typed.trim() === "") {
      latest.current = "";
      setMeaning({ kind: "nothing" });
    }
  };
  useOffer((offered) => {
    setText(offered);
    field.current?.focus();
  });
  const submit = async (): Promise<void> => {
    if (text === null || text.trim() === "") return;
    if (await understand(text.trim())) setChosen(true);
  };
  useEffect(() => {
    if (!isChosen || meaning.kind !== "address") return;
    setChosen(false);
    callButton.current?.focus();
  }, [isChosen, meaning]);
  return (
    <form
      class="address"
      role="search"
      aria-label="Address"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        reset();
        field.current?.blur();
      }}
    >
      <input
        ref={field}
        class="address-input"
        data-testid="address-input"
        aria-label="Address: what this window shows. Type a SIP address to call or to write."
        placeholder="Type an address to call or to write"
        autocomplete="off"
        spellcheck={false}
        value={text ?? where}
        onFocus={(event) => {
          if (text === null) event.currentTarget.select();
        }}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={() => {
          if (text?.trim() === "") reset();
        }}
      />
      <div role="status">
        {meaning.kind === "error" && (
          <div class="address-offer">
            <p class="error-text" data-testid="address-error">
              {meaning.text} An address looks like bob@example.org.
            </p>
          </div>
        )}
      </div>
      {meaning.kind === "address" && (
        <Offer key={meaning.address.uri} address={meaning.address} callButton={callButton} onDone={reset} />
      )}
    </form>
  );
}

interface OfferProps {
  address: Address;
  callButton: { current: HTMLButtonElement | null };
  onDone: () => void;
}

function Offer({ address: found, callButton, onDone }: OfferProps) {
  const { bridge, store } = useChrome();
  const [body, setBody] = useState<string | null>(null);
  const send = async (): Promise<void> => {
    if (body === null || body.trim() === "") return;
    if (await store.act(bridge.request("message.send", { to: found.uri, body }))) onDone();
  };
  return (
    <div class="address-offer" role="group" aria-label={`To ${found.display}`} data-testid="address-offer">
      <p class="address-normalized" data-testid="address-normalized">
        {found.uri}
      </p>
      <div class="address-actions">
        <button
          ref={callButton}
          type="button"
          class="button button-go"
          data-testid="address-call"
          onClick={() => {
            onDone();
            void store.act(bridge.request("call.dial", { target: found.uri }));
          }}
        >
          <Icon name="phone" /> Call
        </button>
        <button
          type="button"
          class="button"
          data-testid="address-message"
          aria-expanded={body !== null}
          onClick={() => setBody(body === null ? "" : null)}
        >
          <Icon name="message" /> Message
        </button>
        <button type="button" class="button-plain" onClick={onDone}>
          Cancel
        </button>
      </div>
      {body !== null && (
        <div class="address-compose">
          <input
            ref={(input) => input?.focus()}
            class="field"
            aria-label={`Message to ${found.display}`}
            placeholder="Your message"
            data-testid="address-message-body"
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              void send();
            }}
          />
          <button
            type="button"
            class="button button-go"
            data-testid="address-message-send"
            disabled={body.trim() === ""}
            onClick={() => void send()}
          >
            Send
          </button>
        </div>
      )}
    </div>
  );
}

function pageName(aor: string, title: string): string {
  const domain = aor.split("@").pop() ?? aor;
  return title === "" || title === domain ? domain : `${domain} – ${title}`;
}

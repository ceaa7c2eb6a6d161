/**
 * What the window shows, and the way to somewhere else: a typed SIP address can be opened as a page, called or written to.
 *
 * An address does not say what is there: `menu` may be a page and `bob` a person. So all three are offered. Enter opens
 * at once what is known to be a page, and else goes on to the likelier offer: the page where a whole `sip:` URI was typed,
 * as into a browser, the call where it was a bare name or a number, as into a telephone.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { ElsipoError } from "../../sdk/errors";
import { address } from "../../sdk/format";
import type { Address } from "../../sdk/model";
import { useChrome } from "../context";
import type { SipEntry } from "../navigation";
import { Icon } from "./icon";
import { useOffer } from "./offer";
import { BookmarkButton } from "./page-nav";

/** Pause in typing before the host is asked, in milliseconds. */
const PREVIEW_MS = 150;

type Meaning = { kind: "nothing" } | { kind: "address"; address: Address } | { kind: "error"; text: string };

export function AddressBar() {
  const { bridge, library, navigation, page, store } = useChrome();
  const [text, setText] = useState<string | null>(null);
  /** What stood there when the keyboard came: it stays, or what is typed would not replace it. */
  const [held, setHeld] = useState<string | null>(null);
  const [meaning, setMeaning] = useState<Meaning>({ kind: "nothing" });
  /** Enter was pressed: the keyboard goes on to the offer, as soon as it is there. */
  const [isChosen, setChosen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const likelier = useRef<HTMLButtonElement>(null);
  const latest = useRef("");
  const preview = useRef<number>();
  const account = store.account.value;
  const entry = navigation.entry.value;
  const where =
    account === null
      ? ""
      : entry.kind === "sip"
        ? sipPageName(entry)
        : pageName(address(account.aor), page.ticket.value?.title ?? "");

  const understand = async (typed: string): Promise<Address | null> => {
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
    if (latest.current !== typed) return null;
    setMeaning(found);
    return found.kind === "address" ? found.address : null;
  };
  const forget = (): void => {
    window.clearTimeout(preview.current);
    latest.current = "";
    setMeaning({ kind: "nothing" });
  };
  const reset = (): void => {
    forget();
    setText(null);
  };
  const type = (typed: string): void => {
    setText(typed);
    window.clearTimeout(preview.current);
    if (typed.trim() === "") forget();
    else preview.current = window.setTimeout(() => void understand(typed.trim()), PREVIEW_MS);
  };
  useEffect(() => () => window.clearTimeout(preview.current), []);
  useOffer((offered) => {
    type(offered);
    field.current?.focus();
  });
  const open = (uri: string): void => {
    reset();
    field.current?.blur();
    void navigation.open(uri);
  };
  const submit = async (): Promise<void> => {
    if (text === null || text.trim() === "") return;
    const found = await understand(text.trim());
    if (found === null) return;
    if (library.knows(found.uri)) open(found.uri);
    else setChosen(true);
  };
  useEffect(() => {
    if (!isChosen || meaning.kind !== "address") return;
    setChosen(false);
    likelier.current?.focus();
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
        aria-label="Address: what this window shows. Type a SIP address to open its page, to call or to write."
        placeholder="Type an address: a page, or somebody to call or to write to"
        autocomplete="off"
        spellcheck={false}
        value={text ?? held ?? where}
        onFocus={(event) => {
          if (text !== null) return;
          setHeld(event.currentTarget.value);
          event.currentTarget.select();
        }}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={() => {
          setHeld(null);
          if (text?.trim() === "") reset();
        }}
      />
      <BookmarkButton />
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
        <Offer
          key={meaning.address.uri}
          address={meaning.address}
          isPageLikelier={/^sips?:/i.test(text?.trim() ?? "") || library.knows(meaning.address.uri)}
          likelier={likelier}
          onOpen={() => open(meaning.address.uri)}
          onDone={reset}
        />
      )}
    </form>
  );
}

interface OfferProps {
  address: Address;
  isPageLikelier: boolean;
  /** The button that Enter goes on to. */
  likelier: { current: HTMLButtonElement | null };
  onOpen: () => void;
  onDone: () => void;
}

function Offer({ address: found, isPageLikelier, likelier, onOpen, onDone }: OfferProps) {
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
          ref={isPageLikelier ? likelier : null}
          type="button"
          class={isPageLikelier ? "button button-go" : "button"}
          data-testid="address-open"
          onClick={onOpen}
        >
          <Icon name="page" /> Open page
        </button>
        <button
          ref={isPageLikelier ? null : likelier}
          type="button"
          class={isPageLikelier ? "button" : "button button-go"}
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

function sipPageName({ uri, title }: SipEntry): string {
  const name = address(uri);
  return title === "" || name.startsWith(`${title}@`) ? name : `${name} – ${title}`;
}

function pageName(aor: string, title: string): string {
  const domain = aor.split("@").pop() ?? aor;
  return title === "" || title === domain ? domain : `${domain} – ${title}`;
}

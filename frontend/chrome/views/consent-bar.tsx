/** Asks which of the things that a page wants it may, with the page's reason for each. */
import { useEffect, useState } from "preact/hooks";
import { address } from "../../sdk/format";
import type { Capability, PageTicket } from "../../sdk/model";
import { useChrome } from "../context";
import { CAPABILITY_WORDS } from "../words";
import { UNREADY_MS } from "./confirm-bar";

export function ConsentBar() {
  const { page } = useChrome();
  const ticket = page.ticket.value;
  if (ticket?.source === undefined) return null;
  if (ticket.asks.length > 0)
    return <Question key={JSON.stringify([ticket.source, ticket.asks])} ticket={ticket} />;
  // A page that was refused and may not even be shown leaves an empty window: that needs words, and a way back.
  return ticket.may_load ? null : <Refused ticket={ticket} />;
}

function Question({ ticket }: { ticket: PageTicket }) {
  const { store } = useChrome();
  const decide = useDecision(ticket);
  const [isReady, setReady] = useState(false);
  const [refused, setRefused] = useState<readonly Capability[]>([]);
  useEffect(() => {
    const timer = window.setTimeout(() => setReady(true), UNREADY_MS);
    return () => window.clearTimeout(timer);
  }, []);
  const account = store.account.value;
  const who = account === null ? "this account" : address(account.aor);
  const text = `What may ${pageWords(ticket)} do as ${who}?`;
  const chosen = ticket.asks.map((ask) => ask.capability).filter((name) => !refused.includes(name));
  const toggle = (name: Capability): void =>
    setRefused(refused.includes(name) ? refused.filter((other) => other !== name) : [...refused, name]);
  return (
    <div class="bar bar-ask consent" role="alertdialog" aria-label={text} data-testid="page-consent">
      <div class="bar-text" data-testid="page-consent-text">
        <p>
          <strong>{text}</strong> You can change this later, in the account’s menu.
          {store.provider.value?.waiting_version !== undefined &&
            " A new version asks for more; until you answer, the old one stays."}
          {!ticket.may_load &&
            " Chromium runs without its sandbox here, so the page is not even shown before."}
        </p>
        <ul class="consent-asks">
          {ticket.asks.map((ask) => (
            <li key={ask.capability}>
              <label class="consent-ask">
                <input
                  type="checkbox"
                  data-testid={`consent-${ask.capability}`}
                  checked={!refused.includes(ask.capability)}
                  onChange={() => toggle(ask.capability)}
                />
                <span>
                  {CAPABILITY_WORDS[ask.capability]}
                  <span class="quiet consent-reason">“{ask.reason}”</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
      </div>
      <div class="consent-buttons">
        <button
          type="button"
          class="button button-go"
          data-testid="page-consent-allow"
          disabled={!isReady || chosen.length === 0}
          onClick={() => decide(chosen)}
        >
          {refused.length === 0 ? "Allow" : "Allow these"}
        </button>
        <button
          type="button"
          class="button"
          data-testid="page-consent-refuse"
          disabled={!isReady}
          onClick={() => decide([])}
        >
          {ticket.asks.length > 1 ? "Allow nothing" : "Do not allow"}
        </button>
      </div>
    </div>
  );
}

function Refused({ ticket }: { ticket: PageTicket }) {
  const { store } = useChrome();
  return (
    <div class="bar bar-warning" role="status" data-testid="page-refused">
      <p class="bar-text">
        You allowed {pageWords(ticket)} nothing, and Chromium runs without its sandbox here, so it is not
        shown.
      </p>
      <button
        type="button"
        class="button"
        data-testid="page-refused-change"
        onClick={() => (store.isAboutProvider.value = true)}
      >
        Change that…
      </button>
    </div>
  );
}

function pageWords(ticket: PageTicket): string {
  return ticket.kind === "local" ? ticket.title : `the page from ${ticket.source ?? ""}`;
}

function useDecision(ticket: PageTicket): (granted: Capability[]) => void {
  const { bridge, page, store } = useChrome();
  return (granted) => {
    const said = bridge.request("grant.decide", { origin: ticket.source ?? ticket.origin, granted });
    void store.act(said.then(() => page.open()));
  };
}

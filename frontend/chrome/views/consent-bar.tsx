/** Asks, once for each origin, whether a page from the web may act for the account. */
import { useEffect, useState } from "preact/hooks";
import { address } from "../../sdk/format";
import type { PageTicket } from "../../sdk/model";
import { useChrome } from "../context";
import { UNREADY_MS } from "./confirm-bar";

export function ConsentBar() {
  const { page } = useChrome();
  const ticket = page.ticket.value;
  if (ticket?.kind !== "remote") return null;
  if (ticket.consent === "undecided") return <Question key={ticket.origin} ticket={ticket} />;
  // A page that was refused and may not even be shown leaves an empty window: that needs words, and a way back.
  return ticket.may_load ? null : <Refused ticket={ticket} />;
}

function Question({ ticket }: { ticket: PageTicket }) {
  const { store } = useChrome();
  const decide = useDecision(ticket);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setReady(true), UNREADY_MS);
    return () => window.clearTimeout(timer);
  }, []);
  const account = store.account.value;
  const who = account === null ? "this account" : address(account.aor);
  const text = `Let the page from ${ticket.origin} act as ${who}?`;
  return (
    <div class="bar bar-ask" role="alertdialog" aria-label={text} data-testid="page-consent">
      <p class="bar-text" data-testid="page-consent-text">
        <strong>{text}</strong> It wants to register, to read and write messages, to see and place calls (each
        call asks you), to read your history, and to choose and measure sound devices.
        {!ticket.may_load && " Chromium runs without its sandbox here, so the page is not even shown before."}
      </p>
      <button
        type="button"
        class="button button-go"
        data-testid="page-consent-allow"
        disabled={!isReady}
        onClick={() => decide(true)}
      >
        Allow
      </button>
      <button
        type="button"
        class="button"
        data-testid="page-consent-refuse"
        disabled={!isReady}
        onClick={() => decide(false)}
      >
        Do not allow
      </button>
    </div>
  );
}

function Refused({ ticket }: { ticket: PageTicket }) {
  const decide = useDecision(ticket);
  return (
    <div class="bar bar-warning" role="status" data-testid="page-refused">
      <p class="bar-text">
        The page from {ticket.origin} is not shown: you did not allow it, and Chromium runs without its
        sandbox here.
      </p>
      <button type="button" class="button" data-testid="page-consent-allow" onClick={() => decide(true)}>
        Allow it after all
      </button>
    </div>
  );
}

function useDecision(ticket: PageTicket): (allowed: boolean) => void {
  const { bridge, page, store } = useChrome();
  return (allowed) => {
    const said = bridge.request("page.consent", { origin: ticket.origin, allowed });
    void store.act(said.then(() => page.open()));
  };
}

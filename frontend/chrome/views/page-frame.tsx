/**
 * The page: untrusted, in an origin and a sandbox of its own, in the box that is given to it. Beneath a page over SIP waits
 * the empty place of the next one: nothing of it is to be seen, heard or reached.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { PageTicket } from "../../sdk/model";
import type { FrameSource } from "../bridge/empty-place";
import { useChrome } from "../context";
import { NoPage } from "./no-page";

/** A page over SIP has no origin, and so no storage and no reach to anything. The host's policy says the same. */
const SANDBOXES = {
  sip: "allow-scripts allow-forms",
  other: "allow-scripts allow-same-origin allow-forms",
};

export function PageFrame() {
  const { navigation, page } = useChrome();
  const ticket = page.ticket.value;
  const entry = navigation.entry.value;
  const waiting = page.emptyPlace.source.value;
  const problem = ticket === null && entry.kind === "sip" ? entry.problem : null;
  // A frame that is moved within the document loads anew: the empty one stays where it is, and becomes the page.
  return (
    <div class="pages">
      {problem !== null && entry.kind === "sip" && <NoPage key="none" entry={entry} problem={problem} />}
      {ticket?.may_load === true && (
        <Frame key={page.source.value.key} source={page.source.value} ticket={ticket} />
      )}
      {waiting !== null && <Frame key={waiting.key} source={waiting} ticket={null} />}
    </div>
  );
}

/** @param ticket the page's that is shown; null where the frame waits */
function Frame({ source, ticket }: { source: FrameSource; ticket: PageTicket | null }) {
  const { navigation, page } = useChrome();
  const frame = useRef<HTMLIFrameElement>(null);
  const isWaiting = ticket === null;
  useLayoutEffect(() => {
    const place = isWaiting ? page.emptyPlace : page;
    place.attach(frame.current);
    return () => place.attach(null);
  }, [page, isWaiting]);
  const hasLoaded = useRef(false);
  const isSip = ticket === null || ticket.kind === "sip";
  return (
    <iframe
      ref={frame}
      class={isWaiting ? "page page-waiting" : "page"}
      data-testid={isWaiting ? "page-waiting" : "page-frame"}
      title={isWaiting ? "Empty" : ticket.title}
      aria-hidden={isWaiting}
      tabIndex={isWaiting ? -1 : undefined}
      src={source.url}
      sandbox={isSip ? SANDBOXES.sip : SANDBOXES.other}
      allow=""
      onLoad={() => {
        if (isWaiting) {
          page.emptyPlace.loaded();
          return;
        }
        // Where a page goes is the chrome's to say: one over SIP that loads something else is taken away.
        if (isSip && hasLoaded.current) navigation.left();
        else if (isSip) void page.emptyPlace.prepare();
        hasLoaded.current = true;
      }}
    />
  );
}

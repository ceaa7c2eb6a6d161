/** The page: untrusted, in an origin and a sandbox of its own, in the box that is given to it. */
import { useLayoutEffect, useRef } from "preact/hooks";
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
  const frame = useRef<HTMLIFrameElement>(null);
  const load = page.loads.value;
  useLayoutEffect(() => {
    page.attach(frame.current);
    return () => page.attach(null);
  }, [page, load, ticket?.url]);
  const loaded = useRef(0);
  const entry = navigation.entry.value;
  if (entry.kind === "sip" && entry.problem !== null) return <NoPage entry={entry} problem={entry.problem} />;
  const isSip = ticket?.kind === "sip";
  if (ticket?.may_load !== true) return <div class="page page-empty" aria-hidden="true" />;
  return (
    <iframe
      key={load}
      ref={frame}
      class="page"
      data-testid="page-frame"
      title={ticket.title}
      src={ticket.url}
      sandbox={isSip ? SANDBOXES.sip : SANDBOXES.other}
      allow=""
      onLoad={() => {
        // Where a page goes is the chrome's to say: one over SIP that loads something else is taken away.
        if (isSip && loaded.current === load) navigation.left();
        loaded.current = load;
      }}
    />
  );
}

/** The page: untrusted, in an origin and a sandbox of its own, in the box that is given to it. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { useChrome } from "../context";

export function PageFrame() {
  const { page } = useChrome();
  const ticket = page.ticket.value;
  const frame = useRef<HTMLIFrameElement>(null);
  const load = page.loads.value;
  useLayoutEffect(() => {
    page.attach(frame.current);
    return () => page.attach(null);
  }, [page, load, ticket?.url]);
  if (ticket?.may_load !== true) return <div class="page page-empty" aria-hidden="true" />;
  return (
    <iframe
      key={load}
      ref={frame}
      class="page"
      data-testid="page-frame"
      title={ticket.title}
      src={ticket.url}
      sandbox="allow-scripts allow-same-origin allow-forms"
      allow=""
    />
  );
}

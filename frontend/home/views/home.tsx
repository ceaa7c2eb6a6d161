/** The page as a whole: three areas side by side where there is room, one at a time where there is not. */
import { useState } from "preact/hooks";
import { useHome } from "../context";
import { Dialler } from "./dialler";
import { Header } from "./header";
import { History } from "./history";
import { Info } from "./info";
import { Messages } from "./messages";

const AREAS = [
  ["phone", "Phone"],
  ["messages", "Messages"],
  ["info", "Info"],
] as const;

type Area = (typeof AREAS)[number][0];

export function Home() {
  const home = useHome();
  const [area, setArea] = useState<Area>("phone");
  const unread = home.messages.unread.value;
  return (
    <div class={`home home-shows-${area}`}>
      <Header />
      <nav class="areas" aria-label="Areas">
        {AREAS.map(([key, label]) => (
          <button
            key={key}
            type="button"
            class="area-button"
            data-testid={`area-${key}`}
            aria-current={area === key ? "page" : undefined}
            onClick={() => setArea(key)}
          >
            {label}
            {key === "messages" && unread > 0 && (
              <span class="badge" aria-label={`${unread} unread`}>
                {unread}
              </span>
            )}
          </button>
        ))}
      </nav>
      <main class="columns">
        <div class="column column-phone">
          <Dialler />
          <History />
        </div>
        <Messages />
        <Info />
      </main>
    </div>
  );
}

/**
 * The built-in page, for providers that bring none: written on `elsipo.js` alone, as a provider would write it.
 */
import { effect } from "@preact/signals";
import { render } from "preact";
import { paint } from "./brand";
import { HomeContext } from "./context";
import { HomeStore } from "./store";
import { Home } from "./views/home";

const store = new HomeStore(window.elsipo);
render(
  <HomeContext.Provider value={store}>
    <Home />
  </HomeContext.Provider>,
  document.body,
);

effect(() => (store.branding.value === null ? undefined : paint(store.branding.value)));

// For whoever measures how soon after its start Elsipo can be used.
let isMarked = false;
effect(() => {
  if (isMarked || !store.isConnected.value || store.registration.value?.state !== "registered") return;
  isMarked = true;
  requestAnimationFrame(() => performance.mark("elsipo.usable"));
});

/** What the page's views share. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { HomeStore } from "./store";

export const HomeContext = createContext<HomeStore | null>(null);

export function useHome(): HomeStore {
  const store = useContext(HomeContext);
  if (store === null) throw new Error("a view outside of the home page");
  return store;
}

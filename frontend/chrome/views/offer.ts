/** An address that came from outside, as from a link in another program: it is shown, and nothing else is done with it. */
import { useEffect } from "preact/hooks";
import { useChrome } from "../context";

/** @param take called with an address that was given to this window, before it was there or since */
export function useOffer(take: (text: string) => void): void {
  const { bridge, store } = useChrome();
  useEffect(() => {
    const look = async (): Promise<void> => {
      const { text } = await bridge.request("address.take_offer", {});
      if (text !== undefined) take(text);
    };
    const stop = bridge.on("address.offered", () => void store.act(look()));
    void store.act(look());
    return stop;
  }, [bridge, store]);
}

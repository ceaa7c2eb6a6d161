/**
 * The token of this document, handed over by the shell after load by calling `elsipoAuthorize(token)`.
 *
 * Only defined here: the token is in no URL and no storage, is good for one connection, and a reload gets a new one.
 */
declare global {
  interface Window {
    elsipoAuthorize?: (token: string) => void;
  }
}

/**
 * Define `elsipoAuthorize`; resolves with the first token that comes, before or after anybody waits for it.
 *
 * @param withinMs how long it may take
 * @param onMissed called when none came: Chromium may lose a script on its way to a document
 */
export function awaitToken(target: Window, withinMs: number, onMissed: () => void): Promise<string> {
  return new Promise((resolve) => {
    const timer = target.setTimeout(onMissed, withinMs);
    target.elsipoAuthorize = (token) => {
      delete target.elsipoAuthorize;
      target.clearTimeout(timer);
      resolve(token);
    };
  });
}

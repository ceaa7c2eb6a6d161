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

/** Define `elsipoAuthorize`; resolves with the first token that comes, before or after anybody waits for it. */
export function awaitToken(target: Window): Promise<string> {
  return new Promise((resolve) => {
    target.elsipoAuthorize = (token) => {
      delete target.elsipoAuthorize;
      resolve(token);
    };
  });
}

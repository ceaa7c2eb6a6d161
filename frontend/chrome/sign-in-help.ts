/** What to do after signing in failed, in words. Pure. */
import {
  AccountExistsError,
  ConnectionLostError,
  CredentialStoreError,
  ElsipoError,
  InvalidAddressError,
  InvalidParamsError,
  RequestTimeoutError,
} from "../sdk/errors";

const FIELDS: Record<string, string> = {
  address: "The address is empty or too long. Write it like alice@example.org.",
  server: "The server must be a host name, or host:port, without spaces.",
  password: "The password is too long.",
  display_name: "The name is too long.",
};

/** Say what happened and what to do next. */
export function signInHelp(error: unknown): string {
  if (error instanceof InvalidAddressError) {
    return "That is not a SIP address. Write it like alice@example.org.";
  }
  if (error instanceof AccountExistsError) {
    return "This address is already signed in here. Use its window, or sign out there first.";
  }
  if (error instanceof CredentialStoreError) {
    return "No keyring runs here, so the password cannot be kept safely. Unlock or start one, or allow the file below; then sign in again.";
  }
  if (error instanceof InvalidParamsError) {
    const field = (error.data.field ?? "").split(".").pop() ?? "";
    return FIELDS[field] ?? `${error.message} Check what you typed.`;
  }
  if (error instanceof ConnectionLostError || error instanceof RequestTimeoutError) {
    return "Elsipo's core did not answer. Wait a moment, then try again.";
  }
  return error instanceof ElsipoError ? error.message : "Signing in did not work. Try again.";
}

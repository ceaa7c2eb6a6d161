// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { AccountExistsError, CredentialStoreError } from "../../sdk/errors";
import type { FakeHost } from "../../sdk/testing/fake-host";
import { account } from "../../sdk/testing/samples";
import { nameless, renderChrome, type Rendered } from "../testing/render";
import { SignIn } from "./sign-in";

function teach(host: FakeHost): void {
  host
    .on("session.open", () => ({
      role: "chrome",
      window_id: "w1",
      protocol_version: 1,
      elsipo_version: "0.1.0",
      capabilities: [],
    }))
    .on("notice.list", () => []);
}

async function fill(view: Rendered): Promise<void> {
  await view.type("sign-in-address", " alice@provider-a.test ");
  await view.type("sign-in-password", "alicepw");
}

test("sends address and password, and leaves to the host what was left empty", async () => {
  const view = await renderChrome(<SignIn />, teach);
  view.host.on("account.add", () => account);
  await fill(view);
  await view.click("sign-in-submit");
  expect(view.host.params("account.add")).toEqual([
    { address: "alice@provider-a.test", password: "alicepw" },
  ]);
});

test("the password does not stay in the document after signing in", async () => {
  const view = await renderChrome(<SignIn />, teach);
  view.host.on("account.add", () => account);
  await fill(view);
  await view.click("sign-in-submit");
  expect(view.value("sign-in-password")).toBe("");
});

test("an error says what to do next and keeps what was typed", async () => {
  const view = await renderChrome(<SignIn />, teach);
  view.host.on("account.add", () => {
    throw new AccountExistsError();
  });
  await fill(view);
  await view.click("sign-in-submit");
  expect(view.find("sign-in-error").textContent).toContain("sign out there first");
  expect(view.value("sign-in-password")).toBe("alicepw");
  expect(view.has("sign-in-allow-file")).toBe(false);
});

test("keeping the password in a file is offered only where no keyring runs", async () => {
  const view = await renderChrome(<SignIn />, teach);
  view.host.on("account.add", (params) => {
    if (params.allow_file !== true) throw new CredentialStoreError();
    return account;
  });
  expect(view.has("sign-in-allow-file")).toBe(false);
  await fill(view);
  await view.click("sign-in-submit");
  await view.click("sign-in-allow-file");
  await view.click("sign-in-submit");
  expect(view.host.params("account.add").map((params) => params.allow_file)).toEqual([undefined, true]);
});

test("for one more account it can be left, and is done after signing in", async () => {
  const onDone = vi.fn();
  const view = await renderChrome(<SignIn onDone={onDone} />, teach);
  view.host.on("account.add", () => account);
  await view.click("sign-in-cancel");
  await view.press("sign-in-form", "Escape");
  expect(onDone).toHaveBeenCalledTimes(2);
  await fill(view);
  await view.click("sign-in-submit");
  expect(onDone).toHaveBeenCalledTimes(3);
});

test("further settings go along when they are given", async () => {
  const view = await renderChrome(<SignIn />, teach);
  view.host.on("account.add", () => account);
  await fill(view);
  await view.type("sign-in-server", "sip.provider-a.test:5061");
  await view.type("sign-in-display-name", "Alice");
  await view.after(() => {
    const select = view.find("sign-in-transport") as HTMLSelectElement;
    select.value = "tls";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await view.click("sign-in-submit");
  expect(view.host.params("account.add")[0]).toMatchObject({
    display_name: "Alice",
    transport: "tls",
    server: "sip.provider-a.test:5061",
  });
});

test("every field has a name, and nothing reads the password aloud", async () => {
  const view = await renderChrome(<SignIn />, teach);
  expect(nameless()).toEqual([]);
  expect(view.find("sign-in-password").getAttribute("type")).toBe("password");
});

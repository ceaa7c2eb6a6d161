// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConnectionLostError, UnauthorizedError } from "../../sdk/errors";
import { registration, session } from "../../sdk/testing/samples";
import { FakeNetwork } from "../testing/fake-network";
import { hostAnswers, openBridge } from "./bridge";
import { awaitToken } from "./token";

const TOKEN = "a".repeat(32);

describe("the chrome's bridge", () => {
  test("authorises itself first, with the token and the version", async () => {
    const network = new FakeNetwork((host) => host.on("session.open", () => session));
    const bridge = await openBridge(network.openSocket, TOKEN, () => undefined);
    expect(bridge.session).toEqual(session);
    expect(network.last.host.asked.map((asked) => asked.method)).toEqual(["session.open"]);
    expect(network.last.host.params("session.open")).toEqual([{ token: TOKEN, protocol_version: 1 }]);
  });

  test("hears notifications once it is open", async () => {
    const network = new FakeNetwork((host) => host.on("session.open", () => session));
    const bridge = await openBridge(network.openSocket, TOKEN, () => undefined);
    const heard: string[] = [];
    bridge.on("registration.state_changed", (event) => heard.push(event.registration.state));
    network.last.host.tell("registration.state_changed", { registration });
    expect(heard).toEqual(["registered"]);
  });

  test("a refused token is an UnauthorizedError, not a loss", async () => {
    const onLost = vi.fn();
    const network = new FakeNetwork((host) =>
      host.on("session.open", () => {
        throw new UnauthorizedError();
      }),
    );
    await expect(openBridge(network.openSocket, TOKEN, onLost)).rejects.toBeInstanceOf(UnauthorizedError);
    network.last.drop();
    expect(onLost).not.toHaveBeenCalled();
  });

  test("the end of the open connection is told once and fails what is pending", async () => {
    const onLost = vi.fn();
    const network = new FakeNetwork((host) => host.on("session.open", () => session));
    const bridge = await openBridge(network.openSocket, TOKEN, onLost);
    network.last.host.receive = () => undefined;
    const pending = bridge.request("account.get", {});
    network.last.drop();
    await expect(pending).rejects.toBeInstanceOf(ConnectionLostError);
    expect(onLost).toHaveBeenCalledTimes(1);
  });

  test("a host that takes no connection does not answer", async () => {
    const network = new FakeNetwork();
    expect(await hostAnswers(network.openSocket)).toBe(true);
    expect(network.last.closed).toBe(true);
    network.isDown = true;
    expect(await hostAnswers(network.openSocket)).toBe(false);
    await expect(openBridge(network.openSocket, TOKEN, () => undefined)).rejects.toBeInstanceOf(
      ConnectionLostError,
    );
  });
});

describe("the token", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("may come before anybody waits for it, and only once", async () => {
    const onMissed = vi.fn();
    const token = awaitToken(window, 5_000, onMissed);
    window.elsipoAuthorize?.(TOKEN);
    expect(window.elsipoAuthorize).toBeUndefined();
    expect(await token).toBe(TOKEN);
    vi.advanceTimersByTime(60_000);
    expect(onMissed).not.toHaveBeenCalled();
  });

  test("that does not come in time is told as missed", () => {
    const onMissed = vi.fn();
    void awaitToken(window, 5_000, onMissed);
    vi.advanceTimersByTime(4_999);
    expect(onMissed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onMissed).toHaveBeenCalledTimes(1);
  });
});

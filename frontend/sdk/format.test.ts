import { describe, expect, test } from "vitest";
import { address, briefTime, duration, parseSipUri, peerName, time } from "./format";

describe("address", () => {
  test.each([
    ["sip:bob@provider-a.test", "bob@provider-a.test"],
    ["sips:bob@provider-a.test:5061;transport=tls", "bob@provider-a.test:5061"],
    ["sip:b%20o@x.test?Subject=hi", "b o@x.test"],
    ["sip:bob:secret@x.test", "bob@x.test"],
    ["sip:x.test", "x.test"],
    ["sip:%zz@x.test", "%zz@x.test"],
    ["tel:123", "tel:123"],
  ])("%s is shown as %s", (uri, shown) => {
    expect(address(uri)).toBe(shown);
  });

  test("within one's own domain the user is enough", () => {
    expect(address("sip:bob@Provider-A.test", "sip:alice@provider-a.test")).toBe("bob");
    expect(address("sip:bob@other.test", "sip:alice@provider-a.test")).toBe("bob@other.test");
  });

  test("what is no SIP URI is not parsed", () => {
    expect(parseSipUri("http://x.test")).toBeNull();
  });

  test("a peer goes by its name, else by its address", () => {
    const peer = "sip:bob@x.test";
    expect(peerName({ peer, peer_display: "Bob" })).toBe("Bob");
    expect(peerName({ peer, peer_display: "  " })).toBe("bob@x.test");
  });
});

test.each([
  [-5, "0:00"],
  [7_900, "0:07"],
  [754_000, "12:34"],
  [3_723_000, "1:02:03"],
])("%i ms last %s", (milliseconds, shown) => {
  expect(duration(milliseconds)).toBe(shown);
});

test("a time of another day carries its date, and of another year the year", () => {
  const now = new Date(2026, 5, 15, 12, 0).getTime();
  const today = new Date(2026, 5, 15, 9, 5).getTime();
  const earlier = new Date(2026, 1, 3, 9, 5).getTime();
  const longAgo = new Date(2020, 1, 3, 9, 5).getTime();
  expect(time(today, now)).not.toContain("15");
  expect(time(earlier, now)).toContain("3");
  expect(briefTime(today, now)).toBe(time(today, now));
  expect(briefTime(earlier, now).length).toBeLessThan(time(earlier, now).length);
  expect(time(longAgo, now)).toContain("2020");
});

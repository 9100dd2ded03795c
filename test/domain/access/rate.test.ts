import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Caller } from "../../../src/domain/access/caller.ts";
import {
  grantedOf,
  leaseOf,
  networkOf,
  rateSubject,
  retryAfterSeconds,
  windowOf,
} from "../../../src/domain/access/rate.ts";

const at = new Date("2026-11-22T04:00:12.345Z");

describe("a window", () => {
  test("is the whole minute or hour the instant lies in, so that every copy of the hub has the same", () => {
    expect(windowOf("request", at).startsAt.toISOString()).toBe("2026-11-22T04:00:00.000Z");
    expect(windowOf("request", at).endsAt.toISOString()).toBe("2026-11-22T04:01:00.000Z");
    expect(windowOf("miss", at).endsAt.toISOString()).toBe("2026-11-22T05:00:00.000Z");
  });

  test("tells in whole seconds when to come back, and never to come back at once", () => {
    const window = windowOf("request", at);
    expect(retryAfterSeconds(window, at)).toBe(48);
    expect(retryAfterSeconds(window, window.endsAt)).toBe(1);
  });
});

describe("leases", () => {
  test("of any number of copies never add up to more than the limit", () => {
    const wanted = fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 60 });
    fc.assert(
      fc.property(wanted, fc.integer({ min: 1, max: 3_000 }), (wishes, limit) => {
        let taken = 0;
        let granted = 0;
        for (const wish of wishes) {
          const lease = leaseOf(wish, limit);
          taken += lease;
          granted += grantedOf(taken, lease, limit);
        }
        expect(granted).toBe(Math.min(taken, limit));
      }),
    );
  });

  test("are a fiftieth of the limit, or what a request costs when that is more", () => {
    expect([leaseOf(1, 60_000), leaseOf(1, 10), leaseOf(5_000, 60_000)]).toEqual([1_200, 1, 5_000]);
  });
});

describe("whom a count is held against", () => {
  const bearer = { clientId: "wallet", scopes: new Set<string>() };
  const holder = (id: string): Caller => ({ ...bearer, kind: "HOLDER", holder: { idType: "USCC", id } });

  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("of the address %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test("is the client wherever it asks from, and each holder of one wallet, without its identifier", () => {
    const client: Caller = { kind: "DEPARTMENT", clientId: "tobacco", scopes: new Set() };
    expect(rateSubject(client, "192.0.2.1")).toBe(rateSubject(client, "192.0.2.2"));
    expect(rateSubject(holder("91371002XXXX0030XC"), "")).not.toBe(rateSubject(holder("91371002XXXX0031X8"), ""));
    expect(rateSubject(holder("91371002XXXX0030XC"), "")).not.toContain("91371002");
  });
});

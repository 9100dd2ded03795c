import { expect, test } from "@jest/globals";
import { findCallable, type HostAddress } from "../../src/connectors/notices/callable-addresses.ts";

const open: HostAddress = { address: "8.8.8.8", family: 4 };
const inside: HostAddress = { address: "10.1.2.3", family: 4 };
const leadsTo =
  (...found: HostAddress[]) =>
  async () =>
    found;
const strict = { networks: [], demo: false, resolve: leadsTo() };

test.each([
  ...["10.0.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.169.254", "100.64.1.1"],
  ...["224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8", "203.0.113.7"],
  ...["[::1]", "[::]", "[fe80::1]", "[fd00:ec2::254]", "[fc00::1]", "[ff02::1]", "[::ffff:8.8.8.8]", "[::ffff:a00:1]"],
  ...["[64:ff9b::a00:1]", "[2002:a00:1::1]", "[2001::1]", "[2001:db8::1]", "[100::1]"],
])("%s lies on no open internet", async (host) => {
  expect(await findCallable(host, strict)).toBe("ADDRESS_REFUSED");
});

test.each(["8.8.8.8", "172.32.0.1", "[2400:3200::1]", "[2606:4700::1]"])("%s does", async (host) => {
  expect(await findCallable(host, strict)).toHaveLength(1);
});

test("a number is the address it stands for, however it is written", async () => {
  for (const text of ["https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/"])
    expect(await findCallable(new URL(text).hostname, strict)).toBe("ADDRESS_REFUSED");
});

test("a name that leads inside is not called, nor one that leads both ways or nowhere", async () => {
  expect(await findCallable("a.example", { ...strict, resolve: leadsTo(open) })).toEqual([open]);
  expect(await findCallable("a.example", { ...strict, resolve: leadsTo(inside) })).toBe("ADDRESS_REFUSED");
  expect(await findCallable("a.example", { ...strict, resolve: leadsTo(open, inside) })).toBe("ADDRESS_REFUSED");
  expect(await findCallable("a.example", strict)).toBe("NAME_UNKNOWN");
  const fails = async () => Promise.reject(new Error("no"));
  expect(await findCallable("a.example", { ...strict, resolve: fails })).toBe("NAME_UNKNOWN");
});

test("networks that are named may be called, and only they; a demo calls its own machine", async () => {
  const named = { ...strict, networks: ["10.1.0.0/16", "fd12::/32", "192.168.7.7"] };
  expect(await findCallable("a.example", { ...named, resolve: leadsTo(inside) })).toEqual([inside]);
  for (const host of ["10.1.255.1", "192.168.7.7", "[fd12::9]"])
    expect(await findCallable(host, named)).toHaveLength(1);
  for (const host of ["10.2.0.1", "192.168.7.8", "[fd13::9]", "127.0.0.1"])
    expect(await findCallable(host, named)).toBe("ADDRESS_REFUSED");
  for (const host of ["127.0.0.1", "[::1]"])
    expect(await findCallable(host, { ...strict, demo: true })).toHaveLength(1);
});

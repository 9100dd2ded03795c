import { beforeAll, expect, test } from "@jest/globals";
import type { Keyring } from "../../../src/proof/keyring.ts";
import { type FetchStatusList, statusByFetching, statusByLists } from "../../../src/proof/status/lists-at-hand.ts";
import { newEntries, setEntry, signStatusList } from "../../../src/proof/status/sign-status-list.ts";
import { openStatusList, statusListReader } from "../../../src/proof/status/status-list.ts";
import { statusValues } from "../../../src/proof/status/status-value.ts";
import { keyringOf, makeTestKey, now, sampleClaims, type TestKey } from "../samples.ts";

const reference = sampleClaims(); // its place: 4711 of https://hub.example/status-lists/1
const { uri, idx } = reference.status.status_list;
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);

let key: TestKey;
let keyring: Keyring;
beforeAll(async () => {
  key = await makeTestKey("status");
  keyring = keyringOf(key.publicJwk);
});

async function listOf(value: number, { address = uri, issuedAt = now, signer = key } = {}): Promise<string> {
  const entries = newEntries();
  setEntry(entries, idx, value);
  return (await signStatusList({ uri: address, aggregationUri: uri, entries, issuedAt }, signer.signing)).token;
}

/** The code of the step by what an address answers, and which addresses were asked for which time. */
async function fetched(answer: string | undefined, at = now, claims = reference) {
  const asked: [string, Date | undefined][] = [];
  const fetchList: FetchStatusList = async (...question) => {
    asked.push(question);
    return answer;
  };
  const statusOf = statusByFetching(fetchList, statusListReader(keyring), () => now);
  const finding = await statusOf(claims, at);
  return { code: finding?.code ?? finding?.outcome, asked };
}

test("of lists given, the newest of the license's address tells; none of another's", async () => {
  const open = async (token: string) => {
    const opening = await openStatusList(token, keyring);
    if (!("list" in opening)) throw new Error(opening.code);
    return opening.list;
  };
  const older = await open(await listOf(statusValues.VALID));
  const newer = await open(await listOf(statusValues.SUSPENDED, { issuedAt: after(60) }));
  const other = await open(await listOf(statusValues.INVALID, { address: "https://hub.example/status-lists/2" }));
  const told = async (...lists: Parameters<typeof statusByLists>[0]) =>
    (await statusByLists(lists)(reference, after(120)))?.code;
  expect(await told(newer, older, other)).toBe("STATUS_SUSPENDED");
  expect(await told(other)).toBeUndefined();
});

test("a list that is fetched tells the state: of now, for a time to come as well, and of then", async () => {
  const list = await listOf(statusValues.SUPERSEDED);
  expect(await fetched(list)).toEqual({ code: "STATUS_SUPERSEDED", asked: [[uri, undefined]] });
  expect(await fetched(list, after(1_000_000))).toEqual({ code: "STATUS_SUPERSEDED", asked: [[uri, undefined]] });
  const then = after(-30);
  expect(await fetched(list, then)).toEqual({ code: "STATUS_SUPERSEDED", asked: [[uri, then]] });
});

test("what can not be had, or is no list to rely on, says nothing about the license", async () => {
  const stranger = await makeTestKey("status");
  const answers = [
    undefined,
    "<html>Welcome</html>",
    await listOf(statusValues.INVALID, { signer: stranger }),
    await listOf(statusValues.INVALID, { address: "https://hub.example/status-lists/2" }),
    await listOf(statusValues.INVALID, { issuedAt: after(-2 * 86_400) }),
  ];
  for (const answer of answers) expect((await fetched(answer)).code).toBe("NOT_CHECKED");
});

test("no address is asked but one below the issuer's", async () => {
  for (const address of ["https://hub.example.evil/status-lists/1", "https://evil.example/1", "file:///etc/passwd"]) {
    const claims = sampleClaims({ status: { uri: address, idx } });
    expect(await fetched(await listOf(statusValues.VALID), now, claims)).toEqual({ code: "NOT_CHECKED", asked: [] });
  }
});

test("a list is fetched once for all licenses on it", async () => {
  let times = 0;
  const token = await listOf(statusValues.VALID);
  const fetchList = async () => {
    times += 1;
    return token;
  };
  const statusOf = statusByFetching(fetchList, statusListReader(keyring), () => now);
  const findings = await Promise.all([statusOf(reference, now), statusOf(reference, now)]);
  expect([times, ...findings.map((finding) => finding?.outcome)]).toEqual([1, "PASS", "PASS"]);
});

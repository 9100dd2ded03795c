import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseSource } from "../../../src/domain/sources/source.ts";
import {
  afterRun,
  circuitOf,
  isFailure,
  pullLimits,
  type RunEnd,
  runEnds,
} from "../../../src/domain/sources/source-run.ts";

const graphql = {
  id: "a-source",
  name: "数据源",
  client: "transport",
  place: { kind: "GRAPHQL", url: "https://a.example/q" },
};
const columns = { a: "operation", b: "licenseType" };
const mapping = { columns, constants: { issuer: "c" } };
const view = {
  ...{ ...graphql, mapping },
  place: {
    kind: "POSTGRESQL",
    host: "db.example",
    database: "d",
    user: "u",
    tls: true,
    view: "s.证照",
    updatedAt: "t",
    id: "i",
  },
};
const rest = {
  ...{ ...graphql, mapping: { ...mapping, columns: { ...columns, x: "sourceRecordId", y: "sourceUpdatedAt" } } },
  place: { kind: "REST", url: "https://a.example/q", tokenUrl: "https://a.example/t", account: "hub", secret: "name" },
};

describe("a source as an operator writes it", () => {
  test.each([graphql, view, rest])("is read, and what it does not say has its usual value: $place.kind", (source) => {
    expect(parseSource(source)).toEqual({ source: { everySeconds: 300, pageSize: 200, mapping: {}, ...source } });
  });

  test.each<[string, unknown]>([
    ["source", null],
    ["source", []],
    ["id", { ...graphql, id: "No" }],
    ["color", { ...graphql, color: "red" }],
    ["everySeconds", { ...graphql, everySeconds: 1 }],
    ["pageSize", { ...graphql, pageSize: 1001 }],
    ["place", { ...graphql, place: { kind: "FTP" } }],
    ["place.url", { ...graphql, place: { kind: "GRAPHQL", url: "gopher://a.example/" } }],
    ["place.url", { ...graphql, place: { kind: "GRAPHQL", url: "https://user:pass@a.example/" } }],
    ["place.token", { ...graphql, place: { ...graphql.place, token: "../etc/passwd" } }],
    ["mapping", { ...graphql, mapping }],
    ["place.tokenUrl", { ...rest, place: { ...rest.place, tokenUrl: "https://b.example/t" } }],
    ["place.secret", { ...rest, place: { ...rest.place, secret: undefined } }],
    ["place.view", { ...view, place: { ...view.place, view: "a b" } }],
    ["place.view", { ...view, place: { ...view.place, view: 'a"."b' } }],
    ["place.id", { ...view, place: { ...view.place, id: "1; select" } }],
    ["place.host", { ...view, place: { ...view.place, host: "/var/run/postgresql" } }],
    ["mapping.operation", { ...view, mapping: {} }],
    ["mapping.number", { ...view, mapping: { ...mapping, columns: { ...columns, "now()": "number" } } }],
  ])("with a wrong %s is not", (fault, value) => {
    expect(parseSource(value)).toEqual({ fault });
  });
});

describe("after a pull", () => {
  const before = { failures: 0, everySeconds: 300, accepted: 5 };

  test("that went well the source is due in its time, or at once when there is more", () => {
    expect(afterRun({ ...before, failures: 7 }, "DONE", 0.5)).toEqual({ failures: 0, inSeconds: 300 });
    expect(afterRun(before, "MORE", 0.5)).toEqual({ failures: 0, inSeconds: 0 });
    expect(afterRun({ ...before, accepted: 0 }, "MORE", 0.5)).toEqual({ failures: 0, inSeconds: 300 });
    expect(afterRun({ ...before, failures: 2 }, "STOPPED", 0.5)).toEqual({ failures: 2, inSeconds: 0 });
  });

  test("that failed it waits longer each time, never over an hour and a quarter, however often and by whatever chance", () => {
    const failures = (Object.keys(runEnds) as RunEnd[]).filter(isFailure);
    fc.assert(
      fc.property(
        fc.constantFrom(...failures),
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (end, times, chance) => {
          const { failures: now, inSeconds } = afterRun({ ...before, failures: times }, end, chance);
          expect(now).toBe(times + 1);
          expect(inSeconds).toBeGreaterThanOrEqual(22.5);
          expect(inSeconds).toBeLessThanOrEqual(4_500);
        },
      ),
    );
  });

  test("the circuit opens with the third failure and is half open when the next try is due", () => {
    const [now, later] = [new Date("2026-11-22T00:00:00Z"), new Date("2026-11-22T00:01:00Z")];
    expect(circuitOf(pullLimits.failuresToOpen - 1, later, now)).toBe("CLOSED");
    expect(circuitOf(pullLimits.failuresToOpen, later, now)).toBe("OPEN");
    expect(circuitOf(pullLimits.failuresToOpen, later, later)).toBe("HALF_OPEN");
  });
});

import { expect, test } from "@jest/globals";
import { largeBodyLane } from "../../src/edge/guard/large-bodies.ts";

const large = 1_000_000;

test("large bodies go one by one in the order they came, and small ones pass them by", async () => {
  const inLane = largeBodyLane();
  const order: string[] = [];
  const all = ["first", "second", "third"].map((name) => inLane(large, () => order.push(name)));
  await inLane(10, () => order.push("small"));
  expect(order).not.toContain("third");
  await Promise.all(all);
  expect(order.filter((name) => name !== "small")).toEqual(["first", "second", "third"]);
  expect(order.indexOf("small")).toBeLessThan(order.indexOf("third"));
});

test("a body that can not be parsed gives its turn on", async () => {
  const inLane = largeBodyLane();
  const broken = inLane(large, () => {
    throw new Error("no JSON");
  });
  const next = inLane(large, () => "parsed");
  await expect(broken).rejects.toThrow("no JSON");
  await expect(next).resolves.toBe("parsed");
});

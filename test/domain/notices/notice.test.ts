import { describe, expect, test } from "@jest/globals";
import {
  afterTry,
  type DeliveryResult,
  noticesAtOnce,
  restAfter,
  retryDelays,
  retryForMs,
} from "../../../src/domain/notices/delivery.ts";
import { type NoticeFacts, noticeBody, wireId } from "../../../src/domain/notices/notice.ts";
import { webhookFault } from "../../../src/domain/notices/webhook.ts";

const failed = (retryAfter?: number): DeliveryResult => ({ outcome: "SERVER_ERROR", status: 503, retryAfter });

describe("a notice that was not taken", () => {
  test("is tried again for five days, each pause longer than the one before or as long, and then no more", () => {
    const pauses = retryDelays.map((_, index) => afterTry(index + 1, failed(), 0.5).inSeconds ?? 0);
    expect(pauses).toEqual([...retryDelays]);
    expect(pauses.toSorted((a, b) => a - b)).toEqual(pauses);
    const days = pauses.reduce((sum, pause) => sum + pause, 0) / 86_400;
    expect([days > 5, days < retryForMs / 86_400_000]).toEqual([true, true]);
    expect(afterTry(retryDelays.length + 1, failed(), 0.5).inSeconds).toBeNull();
  });

  test("does not come back with all others at the same second", () => {
    expect([0, 1].map((chance) => afterTry(2, failed(), chance).inSeconds)).toEqual([270, 330]);
  });

  test("waits as long as it is asked to, never shorter than it would, never longer than a day", () => {
    const pause = (retryAfter: number) => afterTry(2, failed(retryAfter), 0.5).inSeconds;
    expect([0, 10, 1_000, 86_400, 999_999].map(pause)).toEqual([300, 300, 1_000, 86_400, 86_400]);
  });
});

test("an endpoint that fails is left alone for longer each time, ten minutes at most unless it asks for more", () => {
  const rest = (failures: number) => restAfter(failures, undefined, 0.5);
  expect([1, 2, 3, 4, 7, 8, 50].map(rest)).toEqual([5, 10, 20, 40, 320, 600, 600]);
  expect(restAfter(1, 3_600, 0.5)).toBe(3_600);
});

test("an endpoint is handed eight notices at once, and a single one from its third failure in a row on", () => {
  expect([0, 1, 2, 3, 4, 50].map(noticesAtOnce)).toEqual([8, 8, 8, 1, 1, 1]);
});

test("a notice has the same bytes at every try, an id of its own, and nothing that is not meant to be told", () => {
  const notice = {
    ...{ messageId: "01234567-89ab-4def-8123-456789abcdef", identifier: "1.2.156", state: "REVOKED" },
    ...{ previousState: "VALID", effectiveOn: "2026-11-22", knownAt: "2026-11-22T04:00:00.000Z", change: 1 },
    ...{ procedure: "p", caseNumber: "c", holder: "91371002XXXX0030XC" },
  } as NoticeFacts;
  expect(wireId(notice.messageId)).toBe("msg_0123456789ab4def8123456789abcdef");
  expect(noticeBody(notice)).toBe(noticeBody({ ...notice }));
  expect(JSON.parse(noticeBody(notice))).toEqual({
    ...{ type: "license.state_changed", timestamp: notice.knownAt },
    data: {
      ...{ license: "1.2.156", state: "REVOKED", previousState: "VALID", effectiveOn: "2026-11-22" },
      ...{ knownAt: notice.knownAt, change: 1, procedure: "p", caseNumber: "c" },
    },
  });
});

test.each([
  ["https://dept.example/notices?tenant=1", undefined],
  ["https://dept.example:8443/", undefined],
  ["http://dept.example/", "NOT_HTTPS"],
  ["http://10.0.0.1/", "NOT_HTTPS"],
  ["http://localhost.example/", "NOT_HTTPS"],
  ["ftp://dept.example/", "NOT_HTTPS"],
  ["https://user:pass@dept.example/", "HAS_CREDENTIALS"],
  ["https://dept.example/#a", "HAS_FRAGMENT"],
  ["dept.example", "NO_URL"],
  ["https://dept.example/a b", "NO_URL"],
  [`https://dept.example/${"a".repeat(500)}`, "TOO_LONG"],
])("the address %s: %s", (url, fault) => {
  expect(webhookFault(url, { demo: true })).toBe(fault);
});

test.each(["http://127.0.0.1:9/", "http://localhost/", "http://[::1]:9/"])("%s is for a demo only", (url) => {
  expect([true, false].map((demo) => webhookFault(url, { demo }))).toEqual([undefined, "NOT_HTTPS"]);
});

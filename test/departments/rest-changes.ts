import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { type FakeHttp, startFakeHttp } from "./fake-http.ts";

/** What can be wrong with a sharing service's tokens, totals and pages. */
export const restTroubles = [
  ...(["EXPIRE", "EXPIRE_ALWAYS", "LIE_MORE", "LIE_LESS", "SWAYING_TOTAL", "REPEAT", "REORDER", "WRONG_PAGE"] as const),
  ...(["TOO_MANY", "BUSINESS_ERROR", "NO_TOTAL", "LEAVES_WINDOW"] as const),
] as const;
export type RestTrouble = (typeof restTroubles)[number];

type Data = Readonly<{ updatedFrom: string; updatedTo: string; pageNo: number; pageSize: number }>;

/** The names of its fields, as a source maps them. */
export const sharingMapping = {
  ...{ sourceRecordId: "zjbh", operation: "czlx", sourceUpdatedAt: "gxsj", licenseType: "zzlx", number: "zzhm" },
  ...{
    "holder.idType": "cyrlx",
    "holder.id": "cyrdm",
    "holder.name": "cyrmc",
    issuer: { value: "11371000XXXX010118" },
  },
  ...{ region: "xzqh", issuedOn: "fzrq", validFrom: "yxqq", validUntil: "yxqz", attributes: "zmxx" },
} as const;

/** Starts a sharing service: a token endpoint at /token, the records at /query. @param changes may grow while it runs */
export function startRestChanges(changes: RawRecord[], secret: string): Promise<FakeHttp<RestTrouble>> {
  let tokens = 0;
  let calls = 0;
  return startFakeHttp<RestTrouble>(({ path, body }, trouble) => {
    const { head, data } = JSON.parse(body);
    if (path === "/token") {
      if (data.account !== "hub" || data.secret !== secret) return refusal("401");
      return { head: { code: "0" }, data: { token: `token-${++tokens}`, expiresIn: 60 } };
    }
    calls++;
    if (head.token !== `token-${tokens}` || tokens === 0 || trouble === "EXPIRE_ALWAYS") return refusal("401");
    if (trouble === "EXPIRE" && calls % 2 === 0) {
      tokens += 100;
      return refusal("401");
    }
    if (trouble === "BUSINESS_ERROR") return refusal("数据库连接失败：password=hunter2");
    return { head: { code: "0", message: "成功" }, data: pageOf(data, trouble) };
  }, restTroubles);

  function pageOf({ updatedFrom, updatedTo, pageNo, pageSize }: Data, trouble: RestTrouble | undefined): object {
    const inside = changes
      .map((record) => ({ record, at: toLocal(record.sourceUpdatedAt) }))
      .filter(({ at }) => at > updatedFrom && at <= updatedTo)
      .toSorted((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at)));
    // A record of the window is changed while its pages are read: it leaves the window, and all behind it move up.
    if (
      trouble === "LEAVES_WINDOW" &&
      pageNo === 2 &&
      changes[0]?.sourceUpdatedAt.startsWith("20") &&
      !changes[0].reason
    ) {
      changes[0] = { ...changes[0], sourceUpdatedAt: "2030-01-01T00:00:00+08:00", reason: "changed" };
      return pageOf({ updatedFrom, updatedTo, pageNo, pageSize }, trouble);
    }
    const from = trouble === "REPEAT" ? 0 : (pageNo - 1) * pageSize;
    const rows = inside.slice(from, from + pageSize + (trouble === "TOO_MANY" ? 1 : 0)).map(toRow);
    const lie = trouble === "LIE_MORE" ? 7 : trouble === "LIE_LESS" ? -7 : trouble === "SWAYING_TOTAL" ? calls : 0;
    return {
      ...(trouble !== "NO_TOTAL" && { total: inside.length + lie }),
      pageNo: trouble === "WRONG_PAGE" ? 1 : pageNo,
      records: trouble === "REORDER" ? rows.toReversed() : rows,
    };
  }
}

function refusal(code: string): object {
  return { head: { code, message: "失败" }, data: null };
}

function toRow({ record, at }: { record: RawRecord; at: string }): object {
  const { sourceRecordId, operation, licenseType, number, holder, region, issuedOn, validFrom, validUntil } = record;
  return {
    ...{ zjbh: sourceRecordId, czlx: operation, gxsj: at, zzlx: licenseType, zzhm: number, cyrlx: holder?.idType },
    ...{ cyrdm: holder?.id, cyrmc: holder?.name, xzqh: Number(region), fzrq: issuedOn?.replaceAll("-", "") },
    ...{ yxqq: `${validFrom} 00:00:00`, yxqz: validUntil ?? "", zmxx: JSON.stringify(record.attributes) },
  };
}

function toLocal(instant: string): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}

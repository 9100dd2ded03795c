import { pino } from "pino";
import { readConfig } from "../../src/config.ts";
import { makeServer } from "../../src/edge/server.ts";
import type { Hub } from "../../src/hub.ts";
import { openDatabase, statement } from "../../src/store/database.ts";
import type { StoredLicense } from "../../src/store/licenses/license-store.ts";
import type { Enterprise } from "../../src/use-cases/licenses/read-enterprises.ts";
import { answerOrders } from "./child.ts";
import { openBenchHub } from "./stage.ts";

/** What the server is told. `isBare`: without the access path, on a database that guards no rows. */
export type AccessOrders = Readonly<{ env: Readonly<Record<string, string>>; isBare: boolean }>;

// Child process of access.ts: the hub's own server and store, whole, or with the access path taken out: no token, no
// client, grant or purpose looked up, no row guarded, nothing recorded. Answers its orders with its port.
answerOrders(async ({ env, isBare }: AccessOrders): Promise<number> => {
  const { hub } = await openBenchHub(env);
  const { tokenIssuer, tokenAudience, databaseUrl = "", databasePool: poolSize } = readConfig(env);
  const logger = pino({ level: "silent" });
  const served = isBare ? { ...hub, ...(await bareVerbs(databaseUrl, poolSize)) } : hub;
  const app = await makeServer({ hub: served, tokenIssuer, tokenAudience, demo: true, logger });
  return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
});

const selectHolders = statement<Enterprise>(
  "select code as uscc, name, region from holder where code = any($1::text[])",
);

const selectLicenses = statement<Omit<StoredLicense, "holder"> & Record<"code" | "idType" | "name", string>>(`
  select l.identifier, type_code as "typeCode", number, issuer_code as "issuerCode", l.region, issued_on as "issuedOn",
    valid_from as "validFrom", valid_until as "validUntil", version, predecessor, attributes, state, jws,
    holder_code as code, holder_id_type as "idType", holder_name as name
  from unnest($1::text[]) h(code) cross join lateral (select * from license l where l.holder_code = h.code
    order by issued_on desc, identifier limit $2) l`);

/** The same answers from the same tables. */
async function bareVerbs(url: string, poolSize: number): Promise<Pick<Hub, "readEnterprises" | "readLicenses">> {
  const database = await openDatabase({ kind: "SERVER", url, poolSize });
  const sql = database.sql();
  return {
    readEnterprises: async (_caller, codes) =>
      new Map((await selectHolders(sql, [codes])).map((holder) => [holder.uscc, holder])),
    readLicenses: async (_caller, { holders, query }) => {
      const rows = await selectLicenses(sql, [holders, query.first + 1]);
      const found = Map.groupBy(rows, (row) => row.code);
      return new Map(
        holders.map((holder) => {
          const own = (found.get(holder) ?? []).map(({ code: id, idType, name, ...license }) => ({
            ...license,
            holder: { idType: idType === "USCC" ? ("USCC" as const) : ("RESIDENT_ID" as const), id, name },
            extent: "WHOLE" as const,
          }));
          const licenses = own.slice(0, query.first);
          return [holder, { licenses, hasNextPage: own.length > query.first, withheldCount: 0 }];
        }),
      );
    },
  };
}

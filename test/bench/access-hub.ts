import pg from "pg";
import { pino } from "pino";
import { readConfig } from "../../src/config.ts";
import { makeServer } from "../../src/edge/server.ts";
import type { Hub } from "../../src/hub.ts";
import { answerOrders } from "./child.ts";
import { openBenchHub } from "./stage.ts";

/** What the server is told. `isBare`: without the access path. */
export type AccessOrders = Readonly<{ env: Readonly<Record<string, string>>; isBare: boolean }>;

// Child process of access.ts: the hub's own server, whole, or with the access path taken out: no token, no client, grant
// or purpose looked up, no row guarded, nothing recorded. Answers its orders with its port.
answerOrders(async ({ env, isBare }: AccessOrders): Promise<number> => {
  const { hub } = await openBenchHub(env);
  const { tokenIssuer, tokenAudience, databaseUrl = "", databasePool: poolSize } = readConfig(env);
  const logger = pino({ level: "silent" });
  const served = isBare ? { ...hub, ...bareVerbs(databaseUrl, poolSize) } : hub;
  const app = await makeServer({ hub: served, tokenIssuer, tokenAudience, demo: false, logger });
  return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
});

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.DATE, (text: string) => text);

/** The same answers from the same tables, by the database's owner, whom no policy guards rows from. */
function bareVerbs(url: string, max: number): Pick<Hub, "readEnterprises" | "readLicenses"> {
  const pool = new pg.Pool({ connectionString: url, max, types });
  return {
    readEnterprises: async (_caller, codes) => {
      const text = "select code as uscc, name, region from holder where code = any($1::text[])";
      const { rows } = await pool.query({ name: "holders", text, values: [codes] });
      return new Map(rows.map((row) => [row.uscc, row]));
    },
    readLicenses: async (_caller, { holders, query }) => {
      const text = `select l.identifier, type_code as "typeCode", number, issuer_code as "issuerCode", l.region,
          issued_on as "issuedOn", valid_from as "validFrom", valid_until as "validUntil", version, predecessor, attributes,
          state, jws, holder_code, holder_id_type, holder_name
        from unnest($1::text[]) h(code) cross join lateral (select * from license l where l.holder_code = h.code
          order by issued_on desc, identifier limit $2) l`;
      const { rows } = await pool.query({ name: "licenses", text, values: [holders, query.first + 1] });
      const found = Map.groupBy(rows, (row) => row.holder_code);
      return new Map(
        holders.map((holder) => {
          const own = (found.get(holder) ?? []).map((row) => ({
            ...row,
            holder: { idType: row.holder_id_type, id: row.holder_code, name: row.holder_name },
            extent: "WHOLE" as const,
          }));
          return [
            holder,
            { licenses: own.slice(0, query.first), hasNextPage: own.length > query.first, withheldCount: 0 },
          ];
        }),
      );
    },
  };
}

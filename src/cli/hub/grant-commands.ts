import { parseDate } from "../../domain/calendar.ts";
import type { StoredGrant } from "../../store/access/grant-store.ts";
import { allPages } from "./client-commands.ts";
import { type Output, requiredText, type SessionCommand, textOf, UsageError, type Values } from "./command.ts";
import { factsOf, tableOf } from "./table.ts";

/** `hub grant …` */
export const grantCommands: Readonly<Record<string, SessionCommand>> = {
  add: {
    words: "CLIENT",
    about: "授权: lets a client see a license type for a procedure of its department that needs it.",
    options: {
      ...{ type: { type: "string" }, procedure: { type: "string" }, basis: { type: "string" } },
      ...{ from: { type: "string" }, until: { type: "string" }, whole: { type: "boolean" } },
    },
    help: [
      "--type CODE      license type, one that the procedure's materials name",
      "--procedure CODE procedure of the client's department",
      "--basis TEXT     the rule it rests on",
      "--from DATE      first day; today unless said",
      "--until DATE     last day; until it is revoked unless said",
      "--whole          the license as it was signed, not only the attributes the materials name",
      "",
      "hub grant add transport-dispatch --type 11100000MB0143028R001 --procedure road-freight-new --basis '方案三（二）'",
    ],
    run: async ({ verbs, caller }, [clientId = ""], values) =>
      one(
        await verbs.grantAccess(caller, {
          ...{ clientId, licenseType: requiredText(values, "type"), procedure: requiredText(values, "procedure") },
          ...{ legalBasis: requiredText(values, "basis"), wholeLicense: values["whole"] === true },
          ...{ validFrom: dateOf(values, "from"), validUntil: dateOf(values, "until") ?? null },
        }),
      ),
  },

  revoke: {
    words: "NUMBER",
    about: "Revokes a grant: the next request finds it gone, on every copy of the hub.",
    options: {},
    help: ["NUMBER           as `hub grant list` prints it", "", "hub grant revoke 42"],
    run: async ({ verbs, caller }, [number = ""]) => {
      if (!/^\d{1,15}$/.test(number)) throw new UsageError("NUMBER is the number of a grant");
      return one(await verbs.revokeGrant(caller, Number(number)));
    },
  },

  list: {
    words: "",
    about: "Lists the grants that stand, newest first.",
    options: {
      ...{ client: { type: "string" }, procedure: { type: "string" }, type: { type: "string" } },
      all: { type: "boolean" },
    },
    help: [
      "--client ID      of this client",
      "--procedure CODE for this procedure",
      "--type CODE      of this license type",
      "--all            those revoked or over, too",
      "",
      "hub grant list --client transport-dispatch --all",
    ],
    run: async ({ verbs, caller }, _words, values) => {
      const filter = {
        ...{ client: textOf(values, "client"), procedure: textOf(values, "procedure") },
        ...{ licenseType: textOf(values, "type"), standing: values["all"] ? undefined : true },
      };
      const grants = await allPages<StoredGrant, number>(
        (after) => verbs.readGrants(caller, { filter, first: 100, after }),
        ({ id }) => id,
      );
      const rows = grants.map((grant) => [
        ...[String(grant.id), grant.clientId, grant.procedure, grant.licenseType, grant.validFrom],
        ...[endOf(grant), grant.wholeLicense ? "whole" : "attributes", grant.legalBasis],
      ]);
      const headings = ["NUMBER", "CLIENT", "PROCEDURE", "TYPE", "FROM", "UNTIL", "EXTENT", "BASIS"];
      return { value: grants, lines: tableOf(headings, rows) };
    },
  },
};

function one(grant: StoredGrant): Output {
  const { id, clientId, procedure, licenseType, validFrom, wholeLicense, legalBasis, grantedBy } = grant;
  const facts = {
    ...{ number: String(id), client: clientId, procedure, type: licenseType, from: validFrom, until: endOf(grant) },
    ...{ extent: wholeLicense ? "whole license" : "attributes the materials name", basis: legalBasis },
    "granted by": grantedBy,
    ...(grant.revokedBy !== null && { "revoked by": grant.revokedBy }),
  };
  return { value: grant, lines: factsOf(facts) };
}

function endOf({ revokedAt, validUntil }: StoredGrant): string {
  return revokedAt === null ? (validUntil ?? "-") : "revoked";
}

function dateOf(values: Values, name: string): string | undefined {
  const text = textOf(values, name);
  if (text !== undefined && parseDate(text) === undefined) throw new UsageError(`--${name} is a day: 2026-11-22`);
  return text;
}

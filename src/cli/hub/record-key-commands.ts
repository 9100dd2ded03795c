import { unsignedPolicies } from "../../domain/access/client.ts";
import type { StoredKey } from "../../store/keys/key-rows.ts";
import { type Output, type SessionCommand, UsageError } from "./command.ts";
import { keyHelp, keyOptions, withKeys } from "./key-files.ts";
import type { Session } from "./session.ts";
import { tableOf } from "./table.ts";

/** `hub client …` about the keys a client's records are signed with */
export const recordKeyCommands: Readonly<Record<string, SessionCommand>> = {
  "add-record-key": {
    words: "ID",
    about: "Registers keys that the client's records are signed with, beside those that stand.",
    options: keyOptions,
    help: [
      ...keyHelp,
      "                 (an Ed25519 pair: what is signed twice with it is the same)",
      "",
      "hub client add-record-key transport-dispatch --new-key transport-records.jwk.json",
    ],
    run: (session, [id = ""], values) =>
      withKeys(
        values,
        async (jwks) => {
          if (jwks.length === 0) throw new UsageError("name keys: --jwks FILE or --new-key FILE");
          await session.verbs.addRecordKeys(session.caller, { clientId: id, jwks });
          return listed(session, id);
        },
        "EdDSA",
      ),
  },

  "retire-record-key": {
    words: "ID KID",
    about: "Retires such a key for good: no record signed with it is taken in any more.",
    options: {},
    help: [
      "KID              id of the key, as `hub client record-keys` prints it",
      "",
      "hub client retire-record-key transport-dispatch cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
    ],
    run: async (session, [clientId = "", kid = ""]) => {
      await session.verbs.retireRecordKey(session.caller, { clientId, kid });
      return listed(session, clientId);
    },
  },

  "record-keys": {
    words: "ID",
    about: "Lists the keys a client's records are signed with, retired ones too.",
    options: {},
    help: ["hub client record-keys transport-dispatch"],
    run: (session, [id = ""]) => listed(session, id),
  },

  unsigned: {
    words: "ID POLICY",
    about: "Says what becomes of records the client sends without its signature.",
    options: {},
    help: [
      "POLICY           ACCEPTED, or REFUSED once a key stands",
      "",
      "hub client unsigned transport-dispatch REFUSED",
    ],
    run: async ({ verbs, caller }, [clientId = "", text = ""]) => {
      const policy = unsignedPolicies.find((one) => one === text.toUpperCase());
      if (!policy) throw new UsageError(`the policy is one of ${unsignedPolicies.join(", ")}`);
      await verbs.setUnsignedRecords(caller, { clientId, policy });
      return {
        value: { client: clientId, unsignedRecords: policy },
        lines: [`${clientId}: unsigned records ${policy}`],
      };
    },
  },
};

async function listed({ verbs, caller }: Session, id: string): Promise<Output> {
  const keys: readonly StoredKey[] = (await verbs.readRecordKeys(caller, [id])).get(id) ?? [];
  const rows = keys.map(({ kid, jwk, addedAt, retiredAt }) => [kid, jwk.crv, addedAt, retiredAt ?? "-"]);
  return { value: keys, lines: tableOf(["KID", "CURVE", "ADDED", "RETIRED"], rows) };
}

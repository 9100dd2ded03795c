import { scopes as allScopes, type Scope } from "../../domain/access/caller.ts";
import { clientKinds } from "../../domain/access/client.ts";
import { HubError } from "../../errors.ts";
import type { StoredClient } from "../../store/access/client-store.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import { choiceOf, type Output, requiredText, type SessionCommand, textOf, textsOf, UsageError } from "./command.ts";
import { keyHelp, keyOptions, withKeys } from "./key-files.ts";
import { factsOf, tableOf } from "./table.ts";

const kinds = clientKinds.join(", ");

/** `hub client …` */
export const clientCommands: Readonly<Record<string, SessionCommand>> = {
  register: {
    words: "ID",
    about: "Registers a client. It stands at once and is granted nothing yet.",
    options: {
      ...{ name: { type: "string" }, kind: { type: "string" }, department: { type: "string" } },
      ...{ scope: { type: "string", multiple: true }, redirect: { type: "string", multiple: true } },
      ...keyOptions,
    },
    help: [
      "ID               3 to 60 lower-case letters, digits and hyphens",
      "--name NAME      its name",
      `--kind KIND      ${kinds}; DEPARTMENT unless said`,
      "--department D   code or key of the department it speaks for",
      "--scope SCOPE    may be repeated; all that its kind may have unless said",
      "--redirect URI   of a wallet, may be repeated: where holders return to after signing in",
      ...keyHelp,
      "",
      "hub client register transport-dispatch --name 运政系统 --department transport --new-key transport.jwk.json",
      "hub client register city-wallet --kind WALLET --name 市民钱包 --redirect https://wallet.example/return --jwks keys.json",
    ],
    run: ({ verbs, caller, departmentCode }, [id = ""], values) =>
      withKeys(values, async (keys) => {
        const department = textOf(values, "department");
        const client = await verbs.registerClient(caller, {
          ...{
            id,
            keys,
            name: requiredText(values, "name"),
            kind: choiceOf(values, "kind", clientKinds) ?? "DEPARTMENT",
          },
          department: department === undefined ? null : await departmentCode(department),
          scopes: textsOf(values, "scope").length > 0 ? textsOf(values, "scope").map(toScope) : undefined,
          redirectUris: textsOf(values, "redirect"),
        });
        return one(client);
      }),
  },

  suspend: {
    words: "ID",
    about: "Suspends a client: its next request is refused, on every copy of the hub.",
    options: {},
    help: ["hub client suspend transport-dispatch"],
    run: async ({ verbs, caller }, [id = ""]) => one(await verbs.suspendClient(caller, id)),
  },

  resume: {
    words: "ID",
    about: "Lets a suspended client in again.",
    options: {},
    help: ["hub client resume transport-dispatch"],
    run: async ({ verbs, caller }, [id = ""]) => one(await verbs.resumeClient(caller, id)),
  },

  list: {
    words: "",
    about: "Lists clients by id.",
    options: { kind: { type: "string" }, department: { type: "string" }, suspended: { type: "boolean" } },
    help: [
      `--kind KIND      ${kinds}`,
      "--department D   code or key of a department",
      "--suspended      only those suspended",
      "",
      "hub client list --department transport",
    ],
    run: async ({ verbs, caller, departmentCode }, _words, values) => {
      const department = textOf(values, "department");
      const filter = {
        kind: choiceOf(values, "kind", clientKinds),
        department: department === undefined ? undefined : await departmentCode(department),
        active: values["suspended"] ? false : undefined,
      };
      const clients = await allPages<StoredClient, string>(
        (after) => verbs.readClients(caller, { filter, first: 100, after }),
        ({ id }) => id,
      );
      const rows = clients.map(({ id, kind, active, department: of, keys, name }) => [
        ...[id, kind, active ? "stands" : "suspended", of ?? "-", String(keys.length), name],
      ]);
      return { value: clients, lines: tableOf(["ID", "KIND", "STATE", "DEPARTMENT", "KEYS", "NAME"], rows) };
    },
  },

  show: {
    words: "ID",
    about: "Shows a client and its keys.",
    options: {},
    help: ["hub client show transport-dispatch --json"],
    run: async ({ verbs, caller }, [id = ""]) => {
      const { rows } = await verbs.readClients(caller, { id });
      if (!rows[0]) throw new HubError("CLIENT_NOT_FOUND");
      return one(rows[0]);
    },
  },

  "add-key": {
    words: "ID",
    about: "Adds a key beside the one that stands, so that the old one can be retired once the client signs with this.",
    options: keyOptions,
    help: [...keyHelp, "", "hub client add-key transport-dispatch --new-key transport-2.jwk.json"],
    run: ({ verbs, caller }, [id = ""], values) =>
      withKeys(values, async ([jwk, ...more]) => {
        if (!jwk || more.length > 0) throw new UsageError("name one key: --jwks FILE with one, or --new-key FILE");
        return one(await verbs.addClientKey(caller, { clientId: id, jwk }));
      }),
  },

  "retire-key": {
    words: "ID KID",
    about: "Retires a key for good.",
    options: { force: { type: "boolean" } },
    help: [
      "KID              id of the key, as `hub client show` prints it",
      "--force          also when it is the last key of a client that is not suspended",
      "",
      "hub client retire-key transport-dispatch cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
    ],
    run: async ({ verbs, caller }, [clientId = "", kid = ""], values) =>
      one(await verbs.retireClientKey(caller, { clientId, kid, force: values["force"] === true })),
  },
};

/** Every row of a list, page by page. */
export async function allPages<Row, Position>(
  read: (after: Position | undefined) => Promise<Page<Row>>,
  positionOf: (row: Row) => Position,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const last = rows.at(-1);
    const page = await read(last && positionOf(last));
    rows.push(...page.rows);
    if (!page.hasNextPage) return rows;
  }
}

function one(client: StoredClient): Output {
  const { id, kind, department, name, active, scopes, redirectUris, registeredAt, keys } = client;
  const facts = {
    ...{ id, kind, name, state: active ? "stands" : "suspended", department: department ?? "-" },
    ...{ scopes: scopes.join(" "), "redirect to": redirectUris.join(" ") || "-", registered: registeredAt },
    ...Object.fromEntries(keys.map(({ kid, addedAt }, index) => [`key ${index + 1}`, `${kid}  added ${addedAt}`])),
  };
  return { value: client, lines: factsOf(facts) };
}

function toScope(text: string): Scope {
  const scope = allScopes.find((one) => one === text);
  if (!scope) throw new UsageError(`--scope is one of ${allScopes.join(", ")}`);
  return scope;
}

import { parseInstant } from "../../../domain/calendar.ts";
import { wireId } from "../../../domain/notices/notice.ts";
import type { DeadNotice } from "../../../use-cases/notices/read-dead-notices.ts";
import { allPages } from "../client-commands.ts";
import { type SessionCommand, textOf, textsOf, UsageError } from "../command.ts";
import { tableOf } from "../table.ts";

/** `hub notices …` */
export const noticeCommands: Readonly<Record<string, SessionCommand>> = {
  dead: {
    words: "",
    about: "Lists notices that were given up, the newest first.",
    options: { client: { type: "string" } },
    help: ["--client ID      only those of this client", "", "hub notices dead --client transport-dispatch"],
    run: async ({ notices, caller }, _words, values) => {
      const client = textOf(values, "client");
      const dead = await allPages<DeadNotice, number>(
        (after) => notices.readDeadNotices(caller, { client, first: 100, after }),
        ({ position }) => position.id,
      );
      const value = dead.map(({ messageId, position: _, ...notice }) => ({ id: wireId(messageId), ...notice }));
      const rows = value.map(({ id, clientId, knownAt, endedAt, attempts, outcome, httpStatus }) => [
        ...[id, clientId, knownAt, endedAt ?? "-", String(attempts), outcome ?? "-", String(httpStatus ?? "-")],
      ]);
      return { value, lines: tableOf(["ID", "CLIENT", "KNOWN", "GIVEN UP", "TRIES", "LAST TRY", "HTTP"], rows) };
    },
  },

  replay: {
    words: "",
    about: "Sends notices again, under the ids they have: a running hub takes them up within seconds.",
    options: {
      ...{ id: { type: "string", multiple: true }, client: { type: "string" }, since: { type: "string" } },
    },
    help: [
      "--id ID          may be repeated; also one that was delivered",
      "--client ID      with --since: all of this client that were given up, or came to be before it had a webhook",
      "--since INSTANT  2026-11-22T08:00:00+08:00",
      "",
      "hub notices replay --id msg_0123456789abcdef0123456789abcdef",
      "hub notices replay --client transport-dispatch --since 2026-11-22T08:00:00+08:00",
    ],
    run: async ({ notices, caller }, _words, values) => {
      const ids = textsOf(values, "id");
      const [client, since] = [textOf(values, "client"), textOf(values, "since")];
      const isWhole = ids.length > 0 ? since === undefined : client !== undefined && since !== undefined;
      if (!isWhole) throw new UsageError("name notices with --id, or --client and --since");
      const instant = since === undefined ? undefined : parseInstant(since);
      if (since !== undefined && !instant) throw new UsageError("--since is an instant: 2026-11-22T08:00:00+08:00");
      const question = { messageIds: ids.length > 0 ? ids : undefined, client, since: instant };
      const count = await notices.replayNotices(caller, question);
      return { value: { replayed: count }, lines: [`${count} notices are due again.`] };
    },
  },
};

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A line between two programs that can be cut. */
export type TcpProxy = Readonly<{
  port: number;
  /** How many connections go through it. */
  open: () => number;
  /** PASS: as ever. SWALLOW: every connection stays, and nothing comes through. CUT: every connection is reset, new ones too. */
  behave: (how: "PASS" | "SWALLOW" | "CUT") => void;
  close: () => Promise<void>;
}>;

/** Opens a line to a port of this machine. */
export async function openTcpProxy(target: number): Promise<TcpProxy> {
  let how: "PASS" | "SWALLOW" | "CUT" = "PASS";
  const pairs = new Set<readonly [Socket, Socket]>();
  // What is swallowed is gone for good: a connection that lost bytes never comes back.
  const relay = (from: Socket, to: Socket, pair: readonly [Socket, Socket]) => {
    from.on("data", (piece: Buffer) => {
      if (how === "SWALLOW") deaf.add(pair);
      if (!deaf.has(pair)) to.write(piece);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      pairs.delete(pair);
      if (!deaf.has(pair)) to.destroy();
    });
  };
  const deaf = new WeakSet<readonly [Socket, Socket]>();
  const server = createServer((inside) => {
    if (how === "CUT") {
      inside.on("error", () => undefined).resetAndDestroy();
      return;
    }
    const pair = [inside, connect(target, "127.0.0.1")] as const;
    pairs.add(pair);
    relay(inside, pair[1], pair);
    relay(pair[1], inside, pair);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const destroyAll = () => {
    for (const [inside, outside] of pairs) {
      inside.resetAndDestroy();
      outside.destroy();
    }
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    open: () => pairs.size,
    behave: (wanted) => {
      how = wanted;
      if (how === "CUT") destroyAll();
    },
    close: async () => {
      server.close();
      destroyAll();
      await once(server, "close");
    },
  };
}

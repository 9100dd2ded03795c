import type { Department } from "./department-server.ts";

/** What a department's process tells the one that started it. */
export type DepartmentMessage = Readonly<{ url: string }> | Readonly<{ failure: string }>;

/**
 * Runs a department as a process of its own: `node FILE [PORT]`. Started by another Node process (`fork`), it reports
 * its address there and ends with it; started by a person, it ends on Ctrl-C.
 */
export async function runDepartment(
  name: string,
  start: (port: number) => Promise<Department>,
  usualPort: number,
): Promise<void> {
  const port = Number(process.argv[2] ?? usualPort);
  try {
    const department = await start(port);
    const end = () => {
      department.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.on("SIGTERM", end);
    // Ctrl-C reaches the whole group: whoever started this still needs it for the requests under way.
    process.on("SIGINT", process.send ? () => undefined : end);
    process.on("disconnect", end);
    if (process.send) tell({ url: department.url });
    else console.log(`${name} is ready at ${department.url}`);
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const failure = isTaken ? `port ${port} is taken` : error instanceof Error ? error.message : String(error);
    if (process.send) tell({ failure });
    else console.error(`${name} did not start: ${failure}`);
    process.exitCode = 1;
    if (process.connected) process.disconnect();
  }
}

function tell(message: DepartmentMessage): void {
  process.send?.(message);
}

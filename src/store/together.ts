/**
 * Waits for all of several things, also when one of them fails: statements queued on one connection must all have left it
 * before its transaction is rolled back. Each is sent while the program makes the next.
 * *Throws* what failed first: what came after it in the same transaction failed for that.
 */
export async function together(works: readonly Promise<unknown>[]): Promise<void> {
  let first: { error: unknown } | undefined;
  const settled = works.map((work) =>
    work.catch((error: unknown) => {
      first ??= { error };
    }),
  );
  await Promise.all(settled);
  if (first) throw first.error;
}

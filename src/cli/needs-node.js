// Plain JavaScript, for it is what an old Node must be able to read: imported before anything else, it ends the program with
// one line, where otherwise a stack would tell of a syntax, a file extension or a missing method.
const needed = 24;
const { node, bun, deno } = process.versions;

if (Number.parseInt(node, 10) < needed && bun === undefined && deno === undefined) {
  process.stderr.write(
    `Zhengzhao needs Node ${needed} or newer (需要 Node ${needed} 或更高版本); this is Node ${node}. "npm ci" brings one along, which npm's commands use.\n`,
  );
  process.exit(1);
}

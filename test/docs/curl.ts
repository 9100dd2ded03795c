// Stands in for curl on a machine without it, as far as the pages use it: curl -s URL [-H HEADER]… [-d BODY]
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: "boolean", short: "s" },
    header: { type: "string", short: "H", multiple: true, default: [] },
    data: { type: "string", short: "d" },
  },
});
const [url, ...more] = positionals;
if (url === undefined || more.length > 0) throw new Error("name exactly one URL");
const headers = values.header.map((header) => header.split(/: */, 2) as [string, string]);
const body = values.data === undefined ? {} : { method: "POST", body: values.data };
const response = await fetch(url, { headers, ...body });
process.stdout.write(await response.text());

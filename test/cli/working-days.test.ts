import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { openWorkshop } from "./processes.ts";

const workshop = openWorkshop();
afterAll(() => workshop.clear());

test.each([
  ["is not there", undefined, "ENOENT"],
  ["is no JSON", "{", "it is no JSON"],
  ["is a list", "[]", "it is no JSON object such as"],
  ["has a day that is none", '{"holidays":["2027-02-30"]}', 'holidays holds "2027-02-30"; expected days such as'],
  ["has a day twice over", '{"holidays":["2027-02-05"],"workingDays":["2027-02-05"]}', "2027-02-05 is both a holiday"],
])("a hub does not start with a file of working days that %s, and says so in one line", async (name, text, reason) => {
  const file = join(workshop.folder, `${name}.json`);
  if (text !== undefined) writeFileSync(file, text);
  const env = {
    PORT: "0",
    WORKING_DAYS: file,
    DATA_DIR: join(workshop.folder, "data"),
    KEYS_DIR: join(workshop.folder, "keys"),
  };
  const { code, error } = await workshop.run("dist/src/main.js", [], env);
  expect(code).toBe(1);
  expect(error.split("\n")).toHaveLength(2);
  expect(error).toContain(
    `The hub did not start: the working days in ${file} (WORKING_DAYS) can not be used: ${reason}`,
  );
});

import { swcOptions } from "./setup/swc.js";

/** Jest runs the tests, Node loads them (setup/runner.js). The transformation here is for what jest itself loads. */
export default {
  rootDir: "..",
  testEnvironment: "node",
  testRunner: "<rootDir>/test/setup/runner.js",
  roots: ["<rootDir>/test"],
  globalSetup: "<rootDir>/test/setup/global-setup.ts",
  globalTeardown: "<rootDir>/test/setup/global-teardown.ts",
  reporters: ["default", "<rootDir>/test/setup/reporter.js"],
  extensionsToTreatAsEsm: [".ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/dist/"],
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  transform: { "\\.ts$": ["@swc/jest", swcOptions] },
  testTimeout: 60_000,
  maxWorkers: 2,
};

// What tests import as `@jest/globals`. Files beside a test are loaded once for many suites (runner.js), so these names
// stand for those of the suite that runs now.

/** @type {Record<string, any>} */
let suite = {};

/** Says whose names are meant from now on. */
export function enterSuite(/** @type {Record<string, any>} */ globals) {
  suite = globals;
}

/** @returns {any} */
function ofSuite(/** @type {string} */ name) {
  return new Proxy(() => undefined, {
    apply: (_target, _this, args) => suite[name](...args),
    get: (_target, key) => suite[name][key],
  });
}

export const afterAll = ofSuite("afterAll");
export const afterEach = ofSuite("afterEach");
export const beforeAll = ofSuite("beforeAll");
export const beforeEach = ofSuite("beforeEach");
export const describe = ofSuite("describe");
export const expect = ofSuite("expect");
export const test = ofSuite("test");

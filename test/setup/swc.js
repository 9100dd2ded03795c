/** How swc makes JavaScript of a test's TypeScript, wherever it is loaded. Types are checked by `npm run check`. */
export const swcOptions = {
  jsc: {
    target: "es2024",
    parser: { syntax: "typescript", decorators: true },
    transform: { legacyDecorator: true, useDefineForClassFields: false },
    experimental: { keepImportAttributes: true },
  },
  module: { type: "es6" },
  sourceMaps: "inline",
};

/** Made by build-pages.ts of schema/license-types and package.json. */
declare module "virtual:license-types" {
  /** By code of the license type. */
  export const validators: Readonly<
    Record<string, import("../../../domain/schemas/attribute-faults.ts").AjvValidate | undefined>
  >;
  /** By code of the license type, by name of the attribute. */
  export const titles: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  export const version: string;
}

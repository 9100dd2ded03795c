import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { parseInstant } from "../../../domain/calendar.ts";
import { HubError } from "../../../errors.ts";
import { type KeyPurpose, keyPurposes } from "../../../proof/keyring.ts";
import { type KeySourceKind, keySourceKinds } from "../../../proof/signing/signer.ts";
import type { StoredSigningKey } from "../../../store/keys/signing-key-store.ts";
import { sinceShape } from "../../../use-cases/keys/declare-key-compromised.ts";
import type { Context } from "../../context.ts";
import { described, register } from "../enums.ts";
import { DateTimeScalar } from "../scalars.ts";

type PurposeName = Uppercase<KeyPurpose>;
const nameOf = (purpose: KeyPurpose) => purpose.toUpperCase() as PurposeName; // which is what the type says
const purposeOf = (name: PurposeName) => name.toLowerCase() as KeyPurpose; // the same, back

const KeyPurposeEnum = register(
  "KeyPurpose",
  "What a key of the hub may sign.",
  described(keyPurposes.map(nameOf), {
    LICENSE: "Licenses.",
    STATUS: "Lists of licenses' states.",
    LOG: "The head of the public log.",
    RECEIPT: "Receipts of fetches.",
    TOKEN: "Access tokens.",
  }),
);

const KeySourceEnum = register(
  "KeySource",
  "Where the private half of a key lies.",
  described(keySourceKinds, {
    FILE: "In a file of the key folder.",
    PKCS11: "On a token (PKCS#11).",
    KMS: "With a key management service.",
  }),
);

@ObjectType({
  description: "A key the hub signs with, signed with, or will. Its public half is in /.well-known/jwks.json.",
})
export class SigningKey {
  @Field(() => ID, { description: "RFC 7638 thumbprint: the `kid` of what it signs." })
  kid: string;

  @Field(() => KeyPurposeEnum, { description: "What it may sign." })
  purpose: PurposeName;

  @Field(() => String, { description: "In whose name." })
  issuer: string;

  @Field(() => String, { description: "ES256 or EdDSA." })
  algorithm: string;

  @Field(() => KeySourceEnum, { description: "Where its private half lies." })
  source: KeySourceKind;

  @Field(() => DateTimeScalar, { description: "The first moment it may sign." })
  notBefore: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "The last moment it may sign; null: no end is set." })
  notAfter: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Since when it is not the hub's alone; null: it is.",
  })
  compromisedAt: Date | null;

  @Field(() => DateTimeScalar, { description: "When the hub recorded it." })
  createdAt: Date;

  @Field(() => String, { description: "Why it was made." })
  reason: string;

  @Field(() => Boolean, { description: "Whether it is published with certificates." })
  isCertified: boolean;

  @Field(() => Int, {
    description:
      "Of a compromised key: how many licenses that it has signed the hub has still to sign again with another one, which it does by itself. 0 when it is done.",
  })
  toSignAgain: number;
}

@ObjectType({ description: "What became of a compromised key." })
export class KeyCompromise {
  @Field(() => SigningKey, { description: "The compromised key." })
  key: SigningKey;

  @Field(() => SigningKey, {
    nullable: true,
    description: "The key that signs instead from now on; null: the compromised one did not sign any more.",
  })
  replacement: SigningKey | null;

  @Field(() => Int, {
    description:
      "How many licenses that are held were signed with it since then: the hub signs them again by itself, and `toSignAgain` of `signingKeys` tells how far it is.",
  })
  signedSince: number;
}

@InputType({ description: "A change of key." })
export class RotateKeyInput {
  @Field(() => KeyPurposeEnum, { description: "Of which purpose." })
  purpose: PurposeName;

  @Field(() => String, { description: "Why: 2 to 200 characters, kept for ever." })
  reason: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      "Whether the new key signs at once. Otherwise it is published first, so that no verifier meets a key it has not seen.",
  })
  atOnce: boolean;
}

@InputType({ description: "A key that somebody else has, or may have." })
export class DeclareKeyCompromisedInput {
  @Field(() => ID, { description: "Id of the key, its thumbprint." })
  kid: string;

  @Field(() => DateTimeScalar, {
    description:
      "Since when: an instant with its offset, not in the future; when in doubt, earlier. Afterwards it can only be moved to an earlier one: a later one changes nothing, and what stands is answered.",
  })
  since: string;

  @Field(() => String, { description: "Why: 2 to 200 characters, kept for ever." })
  reason: string;
}

@Resolver(() => SigningKey)
export class SigningKeyResolver {
  @Query(() => [SigningKey], {
    description: "Every key of the hub's own, oldest first. For operators: needs scope hub:operate.",
  })
  async signingKeys(@Ctx() { hub, caller }: Context): Promise<readonly SigningKey[]> {
    return (await hub.readSigningKeys(caller)).map(toKey);
  }

  @Mutation(() => SigningKey, {
    description:
      "Makes the next key of a purpose while the hub serves; the one before it ends soon after the new one begins. A key that waits for its time already is answered instead. For operators: needs scope hub:operate.",
  })
  async rotateKey(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => RotateKeyInput, { description: "Which." }) { purpose, reason, atOnce }: RotateKeyInput,
  ): Promise<SigningKey> {
    return toKey(await hub.rotateKey(caller, { purpose: purposeOf(purpose), reason, isAtOnce: atOnce }));
  }

  @Mutation(() => KeyCompromise, {
    description:
      "Declares a key compromised: another one signs within a second, what it signed since then is invalid and is signed again by the hub, what it signed before stands where the public log shows it. For operators: needs scope hub:operate.",
  })
  async declareKeyCompromised(
    @Ctx() { hub, caller }: Context,
    @Arg("input", () => DeclareKeyCompromisedInput, { description: "Which." })
    { kid, since, reason }: DeclareKeyCompromisedInput,
  ): Promise<KeyCompromise> {
    const instant = parseInstant(since);
    if (!instant) throw new HubError("INPUT_INVALID", { argument: "since", expected: sinceShape });
    const { key, replacement, signedSince } = await hub.declareKeyCompromised(caller, { kid, since: instant, reason });
    return {
      key: toKey({ ...key, toSignAgain: signedSince }),
      ...{ replacement: replacement && toKey(replacement), signedSince },
    };
  }
}

function toKey(key: StoredSigningKey & { toSignAgain?: number }): SigningKey {
  const { kid, purpose, issuer, source, createdAt, reason } = key;
  const instant = (seconds: number | undefined) => (seconds === undefined ? null : new Date(seconds * 1000));
  return {
    ...{ kid, purpose: nameOf(purpose), issuer, source, createdAt, reason, algorithm: key.alg },
    ...{ notBefore: new Date(key.notBefore * 1000), notAfter: instant(key.notAfter) },
    ...{ compromisedAt: instant(key.compromisedAt), isCertified: key.publicJwk.x5c !== undefined },
    toSignAgain: key.toSignAgain ?? 0,
  };
}

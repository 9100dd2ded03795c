import { Arg, Args, Ctx, Field, FieldResolver, ID, ObjectType, Resolver, Root } from "type-graphql";
import { knownAt } from "../../../domain/licenses/history.ts";
import { type LicenseState, stateOn } from "../../../domain/licenses/license.ts";
import { HubError } from "../../../errors.ts";
import type { LicenseChange as KnownChange } from "../../../store/licenses/history-store.ts";
import type { Context } from "../../context.ts";
import { type Connection, connectionOf, decodeCursor, PageArgs, pageSize, toConnection } from "../connection.ts";
import { HistoryOperationEnum, LicenseStateEnum } from "../enums.ts";
import { type DisclosedLicense, License } from "../license.graph.ts";
import { DateScalar, DateTimeScalar, JsonScalar, toPastInstant } from "../scalars.ts";

@ObjectType({ description: "A department's own signature over the record it sent, and the key it holds under." })
export class SourceSignature {
  @Field(() => String, {
    description:
      "Compact JWS (typ license-record+jws) with the record inside as it came; its SHA-256 is `source.digest` of the license made of it.",
  })
  jws: string;

  @Field(() => ID, { description: "RFC 7638 thumbprint of the key." })
  kid: string;

  @Field(() => JsonScalar, { description: "The public key as a JWK." })
  jwk: unknown;

  @Field(() => ID, { description: "The client the key was registered for." })
  client: string;

  @Field(() => DateTimeScalar, { description: "When the key was registered." })
  keyAddedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When the key was retired; null: it stands." })
  keyRetiredAt: Date | null;
}

@ObjectType({
  description: "One change of a license, on both axes of time: when it took effect, and when the hub knew.",
})
export class LicenseChange {
  @Field(() => HistoryOperationEnum, { description: "What was done." })
  operation: string;

  @Field(() => LicenseStateEnum, { description: "The state it led to; EXPIRED is derived, never here." })
  state: string;

  @Field(() => DateScalar, { description: "The day it took effect, in Asia/Shanghai." })
  effectiveOn: string;

  @Field(() => DateTimeScalar, { description: "When it came in." })
  receivedAt: Date;

  @Field(() => DateTimeScalar, {
    description:
      "Since when the hub knew it of this license. Later than `receivedAt` for an event that came before its license and waited for it.",
  })
  knownSince: Date;

  @Field(() => String, {
    nullable: true,
    description:
      "Why, as its source says; of SIGN_AGAIN, KEY_COMPROMISED and the key's id; null without a grant of the whole license.",
  })
  reason: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The source's own id of the record it came with; null without a grant of the whole license.",
  })
  sourceRecordId: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When the source last changed that record; null without a grant of the whole license.",
  })
  sourceUpdatedAt: Date | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The hub's id of the batch it came in; of SIGN_AGAIN, that of the license; null without a grant of the whole license.",
  })
  submission: string | null;

  /** Of whose license, and how its signature is found; absent: it is not shown. */
  readonly from?: Readonly<{ license: DisclosedLicense; change: KnownChange }> | undefined;
}

const LicenseChangeConnection = connectionOf("LicenseChange", LicenseChange);

@Resolver(() => License)
export class LicenseHistoryResolver {
  @FieldResolver(() => LicenseStateEnum, {
    description:
      "State on a past day, as known now or at a past instant. DATE_BEFORE_ISSUE when it had not been issued on that day, NOT_KNOWN_THEN when the hub did not hold the license at that instant.",
  })
  async stateOn(
    @Root() license: DisclosedLicense,
    @Ctx() { hub, loaders }: Context,
    @Arg("date", () => DateScalar, { description: "The day, in Asia/Shanghai." }) date: string,
    @Arg("knownAt", () => DateTimeScalar, {
      nullable: true,
      description: "As known at this past instant, inclusive; the license's own `knownAt`, or now, when left out.",
    })
    at?: string | null,
  ): Promise<LicenseState> {
    const changes = await loaders.changes(license.purpose).load(license.identifier);
    const known = knownAt(changes, toPastInstant(hub, at) ?? license.knownAt);
    if (known.length === 0) throw new HubError("NOT_KNOWN_THEN");
    const state = stateOn(known, license.validUntil, date);
    if (!state) throw new HubError("DATE_BEFORE_ISSUE", { issuedOn: license.issuedOn });
    return state;
  }

  @FieldResolver(() => LicenseChangeConnection, {
    description:
      "Every change of this version the hub knows, or knew at a past instant, in the order it became known; empty when the hub did not hold the license then. Part of the disclosure of the license, and recorded with it.",
  })
  async history(
    @Root() license: DisclosedLicense,
    @Ctx() { hub, loaders }: Context,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg("knownAt", () => DateTimeScalar, {
      nullable: true,
      description: "As known at this past instant, inclusive; the license's own `knownAt`, or now, when left out.",
    })
    at?: string | null,
  ): Promise<Connection<LicenseChange>> {
    const size = pageSize(first);
    // What is known only ever grows at its end: a place in the list stays that change's for ever.
    const start = Number(decodeCursor(after, /^\d{1,9}$/) ?? -1) + 1;
    const changes = await loaders.changes(license.purpose).load(license.identifier);
    const known = knownAt(changes, toPastInstant(hub, at) ?? license.knownAt);
    const isWhole = license.extent === "WHOLE";
    const page = known.slice(start, start + size).map((change, index) => ({
      ...{ operation: change.operation, state: change.state, effectiveOn: change.effectiveOn },
      ...{ receivedAt: change.receivedAt, knownSince: change.knownSince, place: start + index },
      ...{ reason: isWhole ? change.reason : null, sourceRecordId: isWhole ? change.sourceRecordId : null },
      ...{ sourceUpdatedAt: isWhole ? change.sourceUpdatedAt : null, submission: isWhole ? change.submissionId : null },
      from: isWhole ? { license, change } : undefined,
    }));
    return toConnection(page, known.length > start + size, ({ place }) => String(place), after);
  }
}

@Resolver(() => LicenseChange)
export class LicenseChangeResolver {
  @FieldResolver(() => SourceSignature, {
    nullable: true,
    description:
      "The signature its source sent the record with, as the hub checked it; null when it came unsigned, and without a grant of the whole license.",
  })
  async signature(@Root() { from }: LicenseChange, @Ctx() { loaders }: Context): Promise<SourceSignature | null> {
    if (!from) return null;
    const { license, change } = from;
    const signature = await loaders.signatures(license.purpose).load({ ...change, identifier: license.identifier });
    return signature ?? null;
  }
}

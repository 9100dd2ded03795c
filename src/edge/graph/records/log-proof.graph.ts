import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from "type-graphql";
import { HubError } from "../../../errors.ts";
import { base64 } from "../../../proof/bytes/base64.ts";
import type { Context } from "../../context.ts";
import { type DisclosedLicense, License } from "../license.graph.ts";

@ObjectType({ description: "Proof that a license stands in the public log (RFC 6962 tree, C2SP tlog-tiles)." })
export class LogProof {
  @Field(() => Int, { description: "Index of its entry." })
  index: number;

  @Field(() => String, {
    description: "The entry as it stands in the log; its `digest` is the SHA-256 of the payload of the license's JWS.",
  })
  entry: string;

  @Field(() => [String], { description: "Inclusion proof, from the leaf upwards: SHA-256 values in base64." })
  proof: readonly string[];

  @Field(() => String, { description: "The signed checkpoint the proof leads to (C2SP tlog-checkpoint)." })
  checkpoint: string;
}

@Resolver(() => License)
export class LogProofResolver {
  @FieldResolver(() => Int, {
    nullable: true,
    description: "Index in the public log; null until a checkpoint holds it, which takes some seconds.",
  })
  async logIndex(@Root() { identifier }: DisclosedLicense, @Ctx() { loaders }: Context): Promise<number | null> {
    return (await loaders.logProofs.load(identifier))?.index ?? null;
  }

  @FieldResolver(() => LogProof, {
    nullable: true,
    description:
      "Proof that this version stands in the public log, under the newest checkpoint; null until one holds it, which takes some seconds.",
  })
  async logProof(@Root() { identifier }: DisclosedLicense, @Ctx() { loaders }: Context): Promise<LogProof | null> {
    const found = await loaders.logProofs.load(identifier);
    if (!found) return null;
    const { index, entry, proof, checkpoint } = found;
    return { index, entry, proof: proof.map(base64.encode), checkpoint: checkpoint.note };
  }

  @FieldResolver(() => String, {
    description:
      "Everything that proves the license, as one JSON file (schema/bundle.schema.json): its JWS, the newest status list, its proof in the public log. It verifies offline; the proof is missing for some seconds after a license was accepted. WHOLE_LICENSE_NOT_GRANTED as for `jws`.",
  })
  async bundle(@Root() { identifier, jws }: DisclosedLicense, @Ctx() { loaders }: Context): Promise<string> {
    if (jws === null) throw new HubError("WHOLE_LICENSE_NOT_GRANTED");
    const bundle = await loaders.bundles.load({ identifier, jws });
    if (bundle === undefined) throw new HubError("INTERNAL");
    return bundle;
  }
}

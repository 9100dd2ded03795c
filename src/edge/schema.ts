import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLSchema, lexicographicSortSchema, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { AccessResolver } from "./graph/access/access.graph.ts";
import { AccessDayResolver } from "./graph/access/access-day.graph.ts";
import { ClientResolver } from "./graph/access/client.graph.ts";
import { GrantResolver } from "./graph/access/grant.graph.ts";
import { MemberResolver } from "./graph/access/member.graph.ts";
import { ObjectionResolver } from "./graph/access/objection.graph.ts";
import { OperatorRecordResolver } from "./graph/access/operator-record.graph.ts";
import { RecordKeyResolver } from "./graph/access/record-key.graph.ts";
import { SourceResolver } from "./graph/access/source.graph.ts";
import { CatalogueResolver, Department } from "./graph/catalogue.graph.ts";
import { ConflictResolver } from "./graph/conflicts/conflict.graph.ts";
import { ConflictDecisionResolver } from "./graph/conflicts/conflict-decision.graph.ts";
import { CorrectionResolver } from "./graph/corrections/correction.graph.ts";
import { LicenseObjectionResolver } from "./graph/corrections/objection.graph.ts";
import { ProblemRecordResolver } from "./graph/desk/problem-record.graph.ts";
import { QualityResolver } from "./graph/desk/quality.graph.ts";
import { Enterprise, EnterpriseResolver } from "./graph/enterprise.graph.ts";
import { SigningKeyResolver } from "./graph/keys/signing-key.graph.ts";
import { License, LicenseResolver } from "./graph/license.graph.ts";
import { MaterialAnswerResolver, MaterialResolver } from "./graph/material.graph.ts";
import { CaseResolver } from "./graph/notices/case.graph.ts";
import { NoticeResolver } from "./graph/notices/notice.graph.ts";
import { WebhookResolver } from "./graph/notices/webhook.graph.ts";
import { PermitItem, PermitItemResolver } from "./graph/permit-item.graph.ts";
import { ProcedureResolver } from "./graph/procedures/procedure.graph.ts";
import { LicenseChangeResolver, LicenseHistoryResolver } from "./graph/records/license-history.graph.ts";
import { LogProofResolver } from "./graph/records/log-proof.graph.ts";
import { ReconciliationResolver } from "./graph/records/reconciliation.graph.ts";
import { ProblemResolver, SubmissionResolver } from "./graph/submission.graph.ts";
import { VerificationResolver } from "./graph/verification.graph.ts";

const federationLink =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable", "@external"])\n';

/** Two libraries, one shape: type-graphql makes the map, the subgraph builder takes it. */
type ResolverMap = NonNullable<
  Exclude<Parameters<typeof buildSubgraphSchema>[0], unknown[] | { kind: string }>["resolvers"]
>;

/** The hub's GraphQL schema, as a Federation 2 subgraph. */
export function makeSchema(): { schema: GraphQLSchema; sdl: string } {
  const plain = buildSchemaSync({
    resolvers: [
      ...([
        EnterpriseResolver,
        LicenseResolver,
        LicenseHistoryResolver,
        LicenseChangeResolver,
        LogProofResolver,
      ] as const),
      ...([ReconciliationResolver, SubmissionResolver, ProblemResolver, MaterialResolver] as const),
      ...([
        MaterialAnswerResolver,
        CatalogueResolver,
        ProcedureResolver,
        PermitItemResolver,
        AccessResolver,
        AccessDayResolver,
        VerificationResolver,
      ] as const),
      ...([ProblemRecordResolver, QualityResolver, ConflictResolver, ConflictDecisionResolver] as const),
      ...([CorrectionResolver, LicenseObjectionResolver] as const),
      ...([CaseResolver, NoticeResolver, WebhookResolver] as const),
      ...([
        ClientResolver,
        GrantResolver,
        OperatorRecordResolver,
        MemberResolver,
        ObjectionResolver,
        SourceResolver,
        RecordKeyResolver,
        SigningKeyResolver,
      ] as const),
    ],
    validate: false,
    skipCheck: true,
  });
  describeRoots(plain);
  const sdl = `${federationLink}\n${printSchemaWithDirectives(lexicographicSortSchema(plain))}\n`;
  const resolvers: Record<string, object> = createResolversMap(plain);
  resolvers["Enterprise"] = { ...resolvers["Enterprise"], __resolveReference: Enterprise.__resolveReference };
  resolvers["Department"] = { ...resolvers["Department"], __resolveReference: Department.__resolveReference };
  resolvers["PermitItem"] = { ...resolvers["PermitItem"], __resolveReference: PermitItem.__resolveReference };
  resolvers["License"] = { ...resolvers["License"], __resolveReference: License.__resolveReference };
  return { schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as ResolverMap }]), sdl };
}

/** type-graphql offers no place for the descriptions of the root types. */
function describeRoots(schema: GraphQLSchema): void {
  const query = schema.getQueryType();
  const mutation = schema.getMutationType();
  if (query) query.description = "Everything that can be asked. What discloses needs a token, a grant and a purpose.";
  if (mutation) mutation.description = "Everything that changes something: licenses come in, materials go into a case.";
}

import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { DeliveryOutcome } from "../../../domain/notices/delivery.ts";
import type { StoredWebhook } from "../../../store/notices/webhook-store.ts";
import type { Context } from "../../context.ts";
import { DateTimeScalar } from "../scalars.ts";
import { DeliveryOutcomeEnum } from "./notice-enums.ts";

@ObjectType({ description: "通知地址: where a client is told that a license its cases rely on has changed." })
export class Webhook {
  @Field(() => ID, { description: "Id of the client." })
  client: string;

  @Field(() => String, { description: "Where notices go." })
  url: string;

  @Field(() => Boolean, { description: "False: it answered 410 and was switched off; set it again to switch it on." })
  active: boolean;

  @Field(() => DateTimeScalar, { description: "When it was set." })
  setAt: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "Until when the secret before signs, too." })
  oldSecretUntil: string | null;

  @Field(() => Int, { description: "Visits in a row in which it took nothing." })
  failures: number;

  @Field(() => DateTimeScalar, { nullable: true, description: "Since when it takes nothing; null: it does." })
  failingSince: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Until when it is left alone; null: it is not." })
  restUntil: string | null;

  @Field(() => DeliveryOutcomeEnum, { nullable: true, description: "How the last visit ended; null: there was none." })
  outcome: DeliveryOutcome | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it last took a notice." })
  deliveredAt: string | null;

  @Field(() => Int, { description: "Notices that wait." })
  waiting: number;

  @Field(() => Int, { description: "Notices that were given up." })
  dead: number;
}

@ObjectType({ description: "A webhook, and its secret when one was made: it is shown in this answer and never again." })
export class WebhookSecret {
  @Field(() => Webhook, { description: "The webhook." })
  webhook: Webhook;

  @Field(() => String, {
    nullable: true,
    description:
      "What notices are signed with: `whsec_` and 32 random bytes in base64, as libraries of Standard Webhooks take it. The hub makes it. Null: none was made, the one the webhook has stays.",
  })
  secret: string | null;
}

@ObjectType({ description: "What came of a test." })
export class WebhookTest {
  @Field(() => DeliveryOutcomeEnum, { description: "How it ended." })
  outcome: DeliveryOutcome;

  @Field(() => Int, { nullable: true, description: "The HTTP status it was answered with; null: no answer." })
  httpStatus: number | null;
}

const idOfClient = { description: "Id of the client." };

@Resolver(() => Webhook)
export class WebhookResolver {
  @Query(() => Webhook, {
    nullable: true,
    description: "Where a client is told of changes; null: nowhere. For operators: needs scope hub:operate.",
  })
  async webhook(
    @Ctx() { hub, caller }: Context,
    @Arg("client", () => ID, idOfClient) client: string,
  ): Promise<Webhook | null> {
    const webhook = await hub.readWebhook(caller, client);
    return webhook ? toWebhook(webhook) : null;
  }

  @Mutation(() => WebhookSecret, {
    description:
      "Says where a client is told of changes. The hub makes the secret, the first time, and shows it in this one answer; there is none to bring along. Said again, with the same or another address: the secret stays (`rotateWebhookSecret` makes a new one), and a webhook that was switched off is tried again. For operators: needs scope hub:operate.",
  })
  async setWebhook(
    @Ctx() { hub, caller }: Context,
    @Arg("client", () => ID, { description: "Id of the client, of kind DEPARTMENT." }) client: string,
    @Arg("url", () => String, {
      description: "https, 500 characters at most, without credentials or fragment; in a demo also http to loopback.",
    })
    url: string,
  ): Promise<WebhookSecret> {
    const { webhook, secret } = await hub.setWebhook(caller, { clientId: client, url });
    return { webhook: toWebhook(webhook), secret };
  }

  @Mutation(() => WebhookSecret, {
    description:
      "Makes a new secret and shows it in this one answer; the one before signs beside it for a day. For operators: needs scope hub:operate.",
  })
  async rotateWebhookSecret(
    @Ctx() { hub, caller }: Context,
    @Arg("client", () => ID, idOfClient) client: string,
    @Arg("atOnce", () => Boolean, {
      defaultValue: false,
      description: "The one before signs no more from now on: it has leaked.",
    })
    atOnce: boolean,
  ): Promise<WebhookSecret> {
    const { webhook, secret } = await hub.rotateWebhookSecret(caller, { clientId: client, atOnce });
    return { webhook: toWebhook(webhook), secret };
  }

  @Mutation(() => ID, {
    description:
      "Removes a client's webhook; its notices stay to be read. Its id comes back. For operators: needs scope hub:operate.",
  })
  async removeWebhook(
    @Ctx() { hub, caller }: Context,
    @Arg("client", () => ID, idOfClient) client: string,
  ): Promise<string> {
    return (await hub.removeWebhook(caller, client)).clientId;
  }

  @Mutation(() => WebhookTest, {
    description:
      "Sends a client's webhook an event that says nothing (`hub.test`), once. For operators: needs scope hub:operate.",
  })
  async testWebhook(
    @Ctx() { hub, caller }: Context,
    @Arg("client", () => ID, idOfClient) client: string,
  ): Promise<WebhookTest> {
    const { outcome, status } = await hub.testWebhook(caller, client);
    return { outcome, httpStatus: status };
  }
}

function toWebhook({ clientId, oldUntil, ...webhook }: StoredWebhook): Webhook {
  return { ...webhook, client: clientId, oldSecretUntil: oldUntil };
}

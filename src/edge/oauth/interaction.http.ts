import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { errors, type Provider } from "oidc-provider";
import { dateOf } from "../../domain/calendar.ts";
import type { Branding } from "../web/branding.ts";
import { type Language, languageOf, type Page, pagePolicy, renderPage } from "../web/page.ts";
import { accountOfHolder, accountOfMember, findAccount } from "./account.ts";
import type { OauthParts } from "./oauth.http.ts";
import { actingPage, consentPage, loginPage, messagePage } from "./pages.ts";
import { pathOf } from "./provider.ts";
import type { LoginAnswer, RealIdentity } from "./real-name-login.ts";

type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;
type Visit = Readonly<{ request: FastifyRequest; reply: FastifyReply; interaction: Interaction; language: Language }>;

/** A person who proved who they are, between that page and the next one. */
const identityModel = "RealIdentity";
const identitySeconds = 15 * 60;

/**
 * `/oauth/interaction/:uid`: the pages a holder sees while signing in. The library's signed cookie ties them to one
 * browser (SameSite=Lax, so no other site can post here), every form carries a token of its own, and no page runs a
 * script or can be framed.
 */
export function interactionRoutes(
  parts: OauthParts,
  provider: () => Provider,
  speakAs: (request: IncomingMessage) => void,
): FastifyPluginAsync {
  const { hub, store, login, keys, audience, branding } = parts;
  const base = `${pathOf(hub.publicUrl)}/oauth/interaction`;
  const home = `${pathOf(hub.publicUrl)}/`;
  const today = () => dateOf(hub.now());
  const tokensFor = (uid: string) => {
    const [first, ...rest] = keys.secrets();
    const make = (secret: string) => createHmac("sha256", secret).update(`form ${uid}`).digest("base64url");
    return [make(first), ...rest.map(make)] as const;
  };
  const frame = ({ interaction: { uid }, language }: Visit) => ({
    home,
    base: `${base}/${uid}`,
    token: tokensFor(uid)[0],
    language,
  });

  const visit = async (request: FastifyRequest, reply: FastifyReply): Promise<Visit> => {
    speakAs(request.raw);
    const interaction = await provider().interactionDetails(request.raw, reply.raw);
    const { uid } = request.params as { uid: string };
    if (interaction.uid !== uid) throw new errors.SessionNotFound("another sign-in");
    return { request, reply, interaction, language: languageOf(request.query, request.headers["accept-language"]) };
  };
  const checkToken = ({ interaction: { uid } }: Visit, answer: LoginAnswer) => {
    const token = String(answer.get("token") ?? "");
    if (!tokensFor(uid).some((known) => isSame(token, known))) throw new errors.SessionNotFound("forged form");
  };
  const finish = async ({ request, reply }: Visit, result: Parameters<Provider["interactionFinished"]>[2]) =>
    reply.redirect(await provider().interactionResult(request.raw, reply.raw, result), 303);
  const back = ({ reply, interaction, language }: Visit) =>
    reply.redirect(`${base}/${interaction.uid}?lang=${language}`, 303);
  const show = ({ reply, interaction }: Visit, page: Page, status = 200) =>
    send(reply, page, status, redirectUriOf(interaction), branding);

  const provenIdentity = async (uid: string) =>
    (await store.findArtifact(identityModel, uid))?.payload["identity"] as RealIdentity | undefined; // as written below
  const membershipsOf = async ({ idType, id }: RealIdentity) =>
    idType === "RESIDENT_ID" ? hub.senders.membershipsOf(id, today()) : [];

  const showLogin = async (at: Visit, isWrong = false) => {
    if (!login) return show(at, messagePage(frame(at), "NO_LOGIN"), 503);
    if (login.kind === "REDIRECT") return show(at, messagePage(frame(at), "FAILED"), 422);
    return show(at, loginPage(frame(at), await clientName(at), await login.ask(), isWrong), isWrong ? 422 : 200);
  };
  const clientName = async ({ interaction }: Visit) => {
    const client = await provider().Client.find(String(interaction.params["client_id"]));
    return client?.clientName ?? "";
  };
  /** Whoever can act for an enterprise is asked for whom; anybody else is signed in at once. */
  const proceed = async (at: Visit, answer: LoginAnswer) => {
    const identity = await login?.judge(answer);
    if (!identity) return showLogin(at, true);
    if ((await membershipsOf(identity)).length === 0)
      return finish(at, { login: { accountId: accountOfHolder(identity), remember: false } });
    await store.saveArtifact(identityModel, at.interaction.uid, { identity }, identitySeconds);
    return back(at);
  };

  const showConsent = async (at: Visit) => {
    const scopes = scopesAsked(at.interaction.prompt.details);
    const name = String(at.interaction.session?.accountId);
    const account = await findAccount(hub.senders, name, today());
    const holder = account && (await hub.senders.findHolder(account.holder.id));
    const membership = account?.member ? await hub.senders.findMembership(account.member, today()) : undefined;
    const who = {
      ...(account?.holder ?? { idType: "USCC", id: "" }),
      name: holder?.name ?? "",
      membership,
    };
    const client = { name: await clientName(at), host: hostOf(redirectUriOf(at.interaction)) };
    return show(at, consentPage(frame(at), client, who, scopes));
  };
  const grantConsent = async (at: Visit) => {
    const { grantId, session, params, prompt } = at.interaction;
    const server = provider();
    const known = grantId ? await server.Grant.find(grantId) : undefined;
    const accountId = session?.accountId;
    const grant = known ?? new server.Grant({ ...(accountId && { accountId }), clientId: String(params["client_id"]) });
    const asked = scopesAsked(prompt.details);
    // The library keeps two lists: what this server knows, and what the token's audience does. Ours are both.
    grant.addOIDCScope(asked.join(" "));
    grant.addResourceScope(audience, asked.join(" "));
    return finish(at, { consent: { grantId: await grant.save() } });
  };

  return async (app) => {
    app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string", bodyLimit: 8 * 1024 }, readForm);
    app.setErrorHandler((error, request, reply) => {
      const page = {
        home,
        base: "",
        token: "",
        language: languageOf(request.query, request.headers["accept-language"]),
      };
      if (error instanceof errors.SessionNotFound) return send(reply, messagePage(page, "OVER"), 400, "", branding);
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      if (status >= 500) parts.logUnexpected(error);
      return send(reply, messagePage(page, "FAILED"), status, "", branding);
    });
    app.get("/oauth/interaction/:uid", async (request, reply) => {
      const at = await visit(request, reply);
      if (at.interaction.prompt.name === "consent") return showConsent(at);
      const identity = await provenIdentity(at.interaction.uid);
      if (identity) return show(at, actingPage(frame(at), identity, await membershipsOf(identity)));
      if (login?.kind !== "REDIRECT") return showLogin(at);
      const { uid } = at.interaction;
      return reply.redirect(
        await login.start(`${hub.publicUrl}/oauth/interaction/${uid}/return?token=${tokensFor(uid)[0]}`),
        303,
      );
    });
    app.get("/oauth/interaction/:uid/return", async (request, reply) => {
      const at = await visit(request, reply);
      const answer = new Map(Object.entries(request.query as Record<string, string>));
      checkToken(at, answer);
      return at.interaction.prompt.name === "login" ? proceed(at, answer) : back(at);
    });

    const post = (step: string, prompt: string, act: (at: Visit, form: LoginAnswer) => Promise<FastifyReply>) =>
      app.post(`/oauth/interaction/:uid/${step}`, async (request, reply) => {
        const at = await visit(request, reply);
        const form = request.body instanceof Map ? (request.body as LoginAnswer) : new Map<string, string>();
        checkToken(at, form);
        return prompt === "" || at.interaction.prompt.name === prompt ? act(at, form) : back(at);
      });
    post("login", "login", proceed);
    post("act", "login", async (at, form) => {
      const identity = await provenIdentity(at.interaction.uid);
      if (!identity) return back(at);
      const chosen = form.get("for") ?? "";
      const membership = (await membershipsOf(identity)).find(({ id }) => id === chosen);
      if (!membership && chosen !== "self") return back(at);
      const accountId = membership ? accountOfMember(membership.id) : accountOfHolder(identity);
      await store.removeArtifact(identityModel, at.interaction.uid);
      return finish(at, { login: { accountId, remember: false } });
    });
    post("consent", "consent", grantConsent);
    post("cancel", "", (at) => finish(at, { error: "access_denied", error_description: "the holder refused" }));
  };
}

function redirectUriOf({ params }: Interaction): string {
  return String(params["redirect_uri"] ?? "");
}

/** What a person reads of an address: its host; of an app's own scheme, that. */
function hostOf(uri: string): string {
  if (!URL.canParse(uri)) return "";
  const { host, protocol } = new URL(uri);
  return host === "" ? protocol : host;
}

/** The scopes nobody consented to yet, once each. */
function scopesAsked(details: Record<string, unknown>): readonly string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = details as {
    missingOIDCScope?: string[];
    missingResourceScopes?: Record<string, string[]>;
  }; // as the library's consent prompt describes them
  return [...new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()])];
}

function readForm(
  _request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, form?: unknown) => void,
): void {
  done(null, new Map(new URLSearchParams(String(body))));
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

/** Browsers hold `form-action` against the redirect that follows a form too, so it names where the code will go. */
function send(reply: FastifyReply, page: Page, status: number, redirectUri: string, branding: Branding): FastifyReply {
  const target = URL.canParse(redirectUri) ? ` ${new URL(redirectUri).origin}` : "";
  return reply
    .code(status)
    .header("content-security-policy", pagePolicy(`'self'${target}`))
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(renderPage(page, branding));
}

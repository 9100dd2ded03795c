import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { errors, type Provider } from "oidc-provider";
import type { LoginProblem, PendingLogin } from "../../connectors/login/openid-login.ts";
import { dateOf } from "../../domain/calendar.ts";
import type { Branding } from "../web/branding.ts";
import { type Language, languageOf, type Page, pagePolicy, renderPage } from "../web/page.ts";
import { accountOfHolder, accountOfMember, findAccount } from "./account.ts";
import type { OauthParts } from "./oauth.http.ts";
import { actingPage, consentPage, loginPage, messagePage } from "./pages.ts";
import { pathOf } from "./provider.ts";
import type { LoginAnswer, RealIdentity, RealNameLogin } from "./real-name-login.ts";

type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;
type RedirectLogin = Extract<RealNameLogin, { kind: "REDIRECT" }>;
type Visit = Readonly<{ request: FastifyRequest; reply: FastifyReply; interaction: Interaction; language: Language }>;

/** A person who proved who they are, between that page and the next one. */
const identityModel = "RealIdentity";
const identitySeconds = 15 * 60;

/** What has to be remembered while somebody is at the identity provider. */
const pendingModel = "PendingLogin";
const pendingKept = ["verifier", "nonce", "state", "redirectUri"] as const;

const problemStatus: Readonly<Record<LoginProblem, number>> = {
  DENIED: 403,
  UNAVAILABLE: 503,
  FAILED: 422,
  NO_IDENTITY: 422,
};

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
  const callback = `${hub.publicUrl}/oauth/login/callback`;
  /** What only a page of this interaction, or the provider that it was sent to, can send back. */
  const tokensFor = (uid: string, use: "form" | "login" = "form") => {
    const [first, ...rest] = keys.secrets();
    const make = (secret: string) => createHmac("sha256", secret).update(`${use} ${uid}`).digest("base64url");
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
  const checkToken = ({ interaction: { uid } }: Visit, answer: LoginAnswer, use?: "login") => {
    const token = String(answer.get("token") ?? "");
    if (!tokensFor(uid, use).some((known) => isSame(token, known))) throw new errors.SessionNotFound("forged form");
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
    if (login.kind === "REDIRECT") return leave(at, login);
    return show(at, loginPage(frame(at), await clientName(at), await login.ask(), isWrong), isWrong ? 422 : 200);
  };
  const clientName = async ({ interaction }: Visit) => {
    const client = await provider().Client.find(String(interaction.params["client_id"]));
    return client?.clientName ?? "";
  };
  const leave = async (at: Visit, login: RedirectLogin) => {
    const { uid } = at.interaction;
    const started = await login.start({ redirectUri: callback, state: `${uid}.${tokensFor(uid, "login")[0]}` });
    if ("problem" in started) return showProblem(at, started.problem);
    await store.saveArtifact(pendingModel, uid, { ...started.pending }, identitySeconds);
    return at.reply.redirect(started.address, 303);
  };
  const showProblem = (at: Visit, problem: LoginProblem) => {
    if (problem === "UNAVAILABLE") at.reply.header("retry-after", "30");
    return show(at, messagePage(frame(at), problem), problemStatus[problem]);
  };
  /** Of one way there, one way back counts. */
  const takePending = async (uid: string): Promise<PendingLogin | undefined> => {
    const kept = await store.findArtifact(pendingModel, uid);
    await store.removeArtifact(pendingModel, uid);
    if (!kept) return undefined;
    const [verifier, nonce, state, redirectUri] = pendingKept.map((name) => String(kept.payload[name]));
    return { verifier: verifier ?? "", nonce: nonce ?? "", state: state ?? "", redirectUri: redirectUri ?? "" };
  };
  const arrive = async (at: Visit, login: RedirectLogin, answer: LoginAnswer) => {
    const pending = await takePending(at.interaction.uid);
    if (!pending) return back(at);
    const judged = await login.finish(answer, pending);
    return "problem" in judged ? showProblem(at, judged.problem) : admit(at, judged);
  };
  const proceed = async (at: Visit, answer: LoginAnswer) => {
    const identity = login?.kind === "PAGE" ? await login.judge(answer) : undefined;
    return identity ? admit(at, identity) : showLogin(at, true);
  };
  /** Whoever can act for an enterprise is asked for whom; anybody else is signed in at once. */
  const admit = async (at: Visit, identity: RealIdentity) => {
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
      return showLogin(at);
    });
    // The one address that is registered at the provider. Where the interaction's cookie counts, the rest is done.
    app.get("/oauth/login/callback", async (request, reply) => {
      const answer = answerIn(request);
      const [, uid, token] = /^([\w-]{21,43})\.([\w-]{43})$/.exec(answer.get("state") ?? "") ?? [];
      if (uid === undefined || token === undefined) throw new errors.SessionNotFound("no sign-in of ours");
      const query = new URLSearchParams([...answer, ["token", token]]);
      return reply.header("cache-control", "no-store").redirect(`${base}/${uid}/return?${query}`, 303);
    });
    app.get("/oauth/interaction/:uid/return", async (request, reply) => {
      const at = await visit(request, reply);
      const answer = answerIn(request);
      checkToken(at, answer, "login");
      if (at.interaction.prompt.name !== "login" || login?.kind !== "REDIRECT") return back(at);
      return arrive(at, login, new Map([...answer].filter(([name]) => name !== "token" && name !== "lang")));
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

/** What a query says once; what it says twice counts as not said. *Trust*: attacker-chosen. */
function answerIn({ query }: FastifyRequest): LoginAnswer {
  const entries = typeof query === "object" && query !== null ? Object.entries(query) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
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

import { randomUUID } from "node:crypto";
import Fastify from "fastify";
import { calculateJwkThumbprint, EmbeddedJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { answerOrders } from "./child.ts";

/** What the hand-written token endpoint is told. */
export type BaselineOrders = Readonly<{ publicJwk: JWK; issuer: string }>;

// Child process of token.ts: Fastify and `jose` by hand, the same two verifications and one signature. No database, so
// no client is looked up and nothing is remembered against replay. Answers its orders with its port.
answerOrders(serve);

async function serve({ publicJwk, issuer }: BaselineOrders): Promise<number> {
  const clientKey = await importJWK(publicJwk, "ES256");
  const { privateKey } = await generateKeyPair("ES256");
  const app = Fastify();
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );
  app.post<{ Body: URLSearchParams }>("/oauth/token", async (request) => {
    const assertion = request.body.get("client_assertion") ?? "";
    const { payload } = await jwtVerify(assertion, clientKey, { algorithms: ["ES256"], audience: issuer });
    const proof = String(request.headers["dpop"]);
    const { protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { algorithms: ["ES256"], typ: "dpop+jwt" });
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
    const claims = { client_id: payload.sub, role: "department", scope: request.body.get("scope"), cnf: { jkt } };
    const token = await new SignJWT({ ...claims, iss: issuer, aud: issuer, sub: payload.sub ?? "", jti: randomUUID() })
      .setProtectedHeader({ typ: "at+jwt", alg: "ES256" })
      .setIssuedAt()
      .setExpirationTime("10m")
      .sign(privateKey);
    return { access_token: token, token_type: "DPoP", expires_in: 600, scope: claims.scope };
  });
  return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
}

/**
 * Tokens for a registry, from the server that it names.
 * Source: distribution, docs "Token Authentication Specification" and "OAuth2 Token Authentication".
 */
import { DeviceError } from "../errors.ts";
import type { AuthChallenge } from "./auth-challenge.ts";
import { collectStream } from "./checked-stream.ts";
import type { Credential } from "./credentials.ts";
import { type HttpExchange, publicName } from "./http-exchange.ts";
import { JsonObject } from "./json-document.ts";

/** A token is some kilobytes; what is longer is none. */
const maxAnswerSizeBytes = 256 * 1024;

/** What a token is asked for. */
export interface TokenRequest {
  readonly challenge: AuthChallenge;
  /** For example `repository:team/app:pull`. */
  readonly scope: string;
  readonly credential: Credential | undefined;
  /** Whether a token server without TLS will do. */
  readonly allowHttp: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Fetches a token.
 *
 * The scope is ours: what the registry would like to have besides is not asked for.
 *
 * @returns the value of the `Authorization` header: a secret.
 * @throws {DeviceError} `bad-response` where the challenge or the answer is malformed, `device-failed`
 *   where it is refused.
 */
export async function fetchToken(exchange: HttpExchange, request: TokenRequest): Promise<string> {
  const { challenge, scope, credential, allowHttp, signal } = request;
  const url = realmOf(challenge, allowHttp);
  const name = publicName(url);
  const service = challenge.parameters.get("service");
  const fields = new URLSearchParams({ ...(service !== undefined && { service }), scope });
  const headers: Record<string, string> = { Accept: "application/json" };
  let body: URLSearchParams | undefined;
  if (credential?.kind === "identity-token") {
    body = fields;
    body.set("grant_type", "refresh_token");
    body.set("client_id", "sealstone");
    body.set("refresh_token", credential.token);
  } else {
    for (const [key, value] of fields) url.searchParams.append(key, value);
    if (credential?.kind === "password") headers["Authorization"] = basicAuthorization(credential);
  }
  const answer = await exchange.send({ url, headers, signal, ...(body && { method: "POST", body }) });
  if (answer.status !== 200) {
    answer.cancel();
    const whose = credential === undefined ? "without credentials" : "with the credentials given";
    throw new DeviceError("device-failed", `${name} gives no token ${whose} (${answer.status})`, {
      at: { device: name },
    });
  }
  const document = JsonObject.parse(await collectStream(answer.chunks(), maxAnswerSizeBytes, name), name);
  return bearerAuthorization(document.optionalText("token") ?? document.text("access_token"), name);
}

/** The header for a user and a password. */
export function basicAuthorization({
  username,
  password,
}: Extract<Credential, { kind: "password" }>): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

/**
 * The header for a token.
 *
 * @throws {DeviceError} `bad-response` for a token that no header can hold; it is not quoted.
 */
export function bearerAuthorization(token: string, name: string): string {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new DeviceError("bad-response", `${name} gives a token that no header can hold`);
  }
  return `Bearer ${token}`;
}

function realmOf({ parameters }: AuthChallenge, allowHttp: boolean): URL {
  const realm = parameters.get("realm") ?? "";
  if (!URL.canParse(realm)) {
    throw new DeviceError("bad-response", "the registry asks for a token and does not say where to get it");
  }
  const url = new URL(realm);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && allowHttp)) {
    throw new DeviceError(
      "bad-response",
      `the registry sends us for a token to ${publicName(url)}, which has no TLS`,
    );
  }
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

/**
 * Requests to one repository of a registry, authorised as it asks for it.
 * Source: OCI distribution-spec 1.1, "Pull".
 */
import { DeviceError } from "../errors.ts";
import { type AuthChallenge, parseChallenges } from "./auth-challenge.ts";
import { collectStream } from "./checked-stream.ts";
import type { Credential, CredentialProvider } from "./credentials.ts";
import { defaultHttpLimits, type HttpAnswer, HttpExchange, type HttpLimits } from "./http-exchange.ts";
import { JsonObject } from "./json-document.ts";
import { isLoopback, type RegistryReference } from "./reference.ts";
import { basicAuthorization, bearerAuthorization, fetchToken } from "./registry-token.ts";

/** How a registry is reached. */
export interface RegistryOptions {
  /** Who we say that we are; nobody unless given. */
  readonly credentials?: CredentialProvider;
  /** Speaks plain HTTP, to which anyone on the way can listen. This machine itself is always spoken to so. */
  readonly insecure?: boolean;
  /** In place of the global `fetch`. It must honour `redirect: "manual"` and the `signal`. */
  readonly fetch?: typeof fetch;
  readonly limits?: Partial<HttpLimits>;
}

/** What is asked for, below `/v2/<repository>/`. */
export interface RegistryRequest {
  readonly path: string;
  readonly accept?: readonly string[];
  /** From which byte on; from the first unless given. */
  readonly firstByte?: number;
  readonly signal: AbortSignal | undefined;
}

/** The most of an error's body that is read. */
const maxErrorSizeBytes = 64 * 1024;

/** See the head of this file. Several requests may be under way at once. */
export class RegistryClient {
  readonly exchange: HttpExchange;
  readonly #reference: RegistryReference;
  readonly #options: RegistryOptions;
  readonly #origin: string;
  #authorization: string | undefined;

  constructor(reference: RegistryReference, options: RegistryOptions) {
    const { fetch = globalThis.fetch, limits, insecure = false } = options;
    this.exchange = new HttpExchange(fetch, { ...defaultHttpLimits, ...limits });
    this.#reference = reference;
    this.#options = options;
    this.#origin = `${insecure || isLoopback(reference.host) ? "http" : "https"}://${reference.host}`;
  }

  /**
   * Asks for a resource, with a token if the registry wants one.
   *
   * @returns an answer of 200 or, where a first byte was given, 206.
   * @throws {DeviceError} `device-missing` for what is not there, `device-failed` and `device-timeout`
   *   where the registry is not reached or refuses, credentials that we have not included; `bad-response`
   *   for answers that make no sense.
   */
  async get(request: RegistryRequest): Promise<HttpAnswer> {
    let answer = await this.#send(request);
    if (answer.status === 401 && !answer.foreign) {
      const challenges = parseChallenges(answer.headers.get("WWW-Authenticate") ?? "");
      answer.cancel();
      this.#authorization = await this.#authorize(challenges, request.signal);
      answer = await this.#send(request);
    }
    const expected = request.firstByte === undefined ? [200] : [200, 206];
    if (expected.includes(answer.status)) return answer;
    throw await this.#refusal(answer);
  }

  #send({ path, accept, firstByte, signal }: RegistryRequest): Promise<HttpAnswer> {
    const authorization = this.#authorization;
    const headers = {
      ...(accept && { Accept: accept.join(", ") }),
      ...(firstByte !== undefined && { Range: `bytes=${firstByte}-` }),
      ...(authorization !== undefined && { Authorization: authorization }),
    };
    const url = new URL(`${this.#origin}/v2/${this.#reference.repository}/${path}`);
    return this.exchange.send({ url, headers, signal });
  }

  async #authorize(challenges: readonly AuthChallenge[], signal: AbortSignal | undefined): Promise<string> {
    const { host, repository } = this.#reference;
    const credential = await this.#options.credentials?.(host);
    if (credential?.kind === "registry-token") return bearerAuthorization(credential.token, host);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) {
      return fetchToken(this.exchange, {
        challenge: bearer,
        scope: `repository:${repository}:pull`,
        credential,
        allowHttp: this.#origin.startsWith("http:"),
        signal,
      });
    }
    if (challenges.some(({ scheme }) => scheme === "basic")) return this.#basic(credential);
    throw new DeviceError(
      "bad-response",
      `${this.#origin} wants to know who we are, and not in a way that we know (Basic or Bearer)`,
      { at: { device: this.#origin } },
    );
  }

  #basic(credential: Credential | undefined): string {
    if (credential?.kind === "password") return basicAuthorization(credential);
    throw new DeviceError(
      "device-failed",
      `${this.#reference.host} wants a user and a password: log in there, so that Docker's configuration has them`,
      { at: { device: this.#origin } },
    );
  }

  async #refusal(answer: HttpAnswer): Promise<DeviceError> {
    const { status, name } = answer;
    const details = { at: { device: name } };
    const reason = await errorCode(answer);
    const said = reason === undefined ? `${status}` : `${status}, ${reason}`;
    if (status === 404) return new DeviceError("device-missing", `${name} does not exist (${said})`, details);
    if (status === 401 || status === 403) {
      const known = this.#authorization === undefined ? "without credentials" : "to whom we say that we are";
      return new DeviceError("device-failed", `${name} is refused ${known} (${said})`, details);
    }
    if (status === 429) {
      return new DeviceError(
        "device-failed",
        `${name} was asked for too often (${said}): try later`,
        details,
      );
    }
    return new DeviceError("bad-response", `${name} was answered with ${said}`, details);
  }
}

/**
 * The code in an error's body, such as `MANIFEST_UNKNOWN`. Its message is left
 * where it is: a registry may put into it what we sent, secrets included.
 */
async function errorCode(answer: HttpAnswer): Promise<string | undefined> {
  try {
    const bytes = await collectStream(answer.chunks(), maxErrorSizeBytes, answer.name);
    const code = JsonObject.parse(bytes, answer.name).objects("errors")[0]?.optionalText("code");
    return code !== undefined && /^[A-Z_]{1,40}$/.test(code) ? code : undefined;
  } catch {
    answer.cancel();
    return undefined;
  }
}

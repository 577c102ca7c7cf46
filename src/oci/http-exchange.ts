/**
 * One request and its answer, between a client that waits only so long and a
 * server that may say anything: redirects are followed here, retries counted here.
 *
 * Security: `Authorization` goes to the origin it was made for and to no other;
 * a redirect never leads from TLS to plain HTTP; errors name origin and path of
 * a URL, not its query, which may hold a signature.
 */
import { DeviceError } from "../errors.ts";

/** How long a server is waited for, and how often it is asked. */
export interface HttpLimits {
  /** From the request to the head of the answer, in ms. */
  readonly answerTimeoutMs: number;
  /** Between two pieces of the body, in ms. */
  readonly stallTimeoutMs: number;
  /** How often a request is made where the server is busy (429), fails (5xx) or is not reached. */
  readonly maxAttempts: number;
  /** The first wait between two, in ms; each further one is twice as long. */
  readonly retryDelayMs: number;
  /** The longest wait that a server may ask for by `Retry-After`, in ms. */
  readonly maxRetryDelayMs: number;
}

/** What is waited for unless a caller says otherwise. */
export const defaultHttpLimits: HttpLimits = {
  answerTimeoutMs: 60_000,
  stallTimeoutMs: 60_000,
  maxAttempts: 5,
  retryDelayMs: 500,
  maxRetryDelayMs: 60_000,
};

/** A request. */
export interface HttpRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams;
  readonly signal: AbortSignal | undefined;
}

/** An answer, its body not read. Either `chunks` is read to its end, or `cancel` is called. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Whether another origin than the one asked gave it. */
  readonly foreign: boolean;
  /** Names the resource in errors. */
  readonly name: string;
  /** The body. @throws {DeviceError} `device-timeout` where it stalls, `short-read` where it breaks off. */
  chunks(): AsyncIterable<Uint8Array>;
  cancel(): void;
}

const maxRedirects = 5;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** See the head of this file. */
export class HttpExchange {
  readonly #fetch: typeof fetch;
  readonly #limits: HttpLimits;

  constructor(fetch: typeof globalThis.fetch, limits: HttpLimits) {
    this.#fetch = fetch;
    this.#limits = limits;
  }

  /**
   * Sends a request until it is answered by something else than "not now".
   *
   * @throws {DeviceError} `device-failed` where the server is not reached, `device-timeout` where it does
   *   not answer in time, `bad-response` for redirects that lead nowhere good.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= this.#limits.maxAttempts;
      let answer: HttpAnswer;
      try {
        answer = await this.#follow(request);
        if (!retriedStatuses.has(answer.status) || last) return answer;
      } catch (error) {
        if (last || !isTransient(error)) throw error;
        await this.#wait(attempt, undefined, request.signal);
        continue;
      }
      answer.cancel();
      await this.#wait(attempt, retryAfterMs(answer.headers), request.signal);
    }
  }

  /** Waits before what failed is tried again. @param attempt how often it was, from 1. */
  retryDelay(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#wait(attempt, undefined, signal);
  }

  async #wait(attempt: number, askedMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { retryDelayMs, maxRetryDelayMs } = this.#limits;
    const delayMs = Math.min(askedMs ?? retryDelayMs * 2 ** (attempt - 1), maxRetryDelayMs);
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, delayMs);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  async #follow(request: HttpRequest): Promise<HttpAnswer> {
    const { url: first, headers } = request;
    let url = first;
    for (let redirects = 0; ; redirects++) {
      const foreign = url.origin !== first.origin;
      const answer = await this.#sendOnce({
        ...request,
        url,
        headers: foreign ? withoutSecrets(headers) : headers,
      });
      if (!redirectStatuses.has(answer.status)) return { ...answer, foreign };
      answer.cancel();
      const location = answer.headers.get("Location") ?? "";
      if (redirects >= maxRedirects || request.method === "POST" || !URL.canParse(location, url.href)) {
        throw badRedirect(url, "leads nowhere");
      }
      const next = new URL(location, url.href);
      if (next.protocol !== "https:" && !(next.protocol === "http:" && url.protocol === "http:")) {
        throw badRedirect(url, "leads from TLS to what is none");
      }
      // They would be sent as an Authorization that nobody gave us.
      next.username = "";
      next.password = "";
      url = next;
    }
  }

  async #sendOnce({ url, method = "GET", headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const name = publicName(url);
    const clock = new Clock(name, signal);
    const init: RequestInit = {
      method,
      headers,
      redirect: "manual",
      cache: "no-store",
      signal: clock.signal,
    };
    clock.start(this.#limits.answerTimeoutMs);
    try {
      let response = await this.#fetch(url.href, body === undefined ? init : { ...init, body });
      if (response.type === "opaqueredirect") {
        // A browser shows no redirect to a page, and follows it by the same rules.
        response = await this.#fetch(url.href, { ...init, redirect: "follow" });
      }
      clock.stop();
      return {
        status: response.status,
        headers: response.headers,
        foreign: response.redirected && new URL(response.url).origin !== url.origin,
        name,
        chunks: () => readBody(response, clock, this.#limits.stallTimeoutMs),
        cancel: () => {
          clock.release();
          response.body?.cancel().catch(ignoreLateFailure);
        },
      };
    } catch (cause) {
      clock.release();
      throw clock.failure("device-failed", "gave no answer: the cause says why", cause);
    }
  }
}

/** Origin and path: what of a URL may stand in a message. */
export function publicName({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

async function* readBody(
  response: Response,
  clock: Clock,
  stallTimeoutMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  try {
    for (;;) {
      clock.start(stallTimeoutMs);
      const chunk = await reader?.read();
      clock.stop();
      if (chunk?.value === undefined) return;
      yield chunk.value;
    }
  } catch (cause) {
    throw clock.failure("short-read", "broke off in the middle", cause);
  } finally {
    clock.release();
    reader?.cancel().catch(ignoreLateFailure);
  }
}

/** Ends a request that takes too long, or that the caller aborts. */
class Clock {
  readonly #name: string;
  readonly #outer: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #onAbort = (): void => this.#controller.abort(this.#outer?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timedOut = false;

  constructor(name: string, outer: AbortSignal | undefined) {
    this.#name = name;
    this.#outer = outer;
    outer?.throwIfAborted();
    outer?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(timeoutMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#controller.abort();
    }, timeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  release(): void {
    this.stop();
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }

  /** What to throw for a failure: the caller's own reason, a time-out, or the error itself. */
  failure(code: "device-failed" | "short-read", what: string, cause: unknown): unknown {
    if (this.#outer?.aborted) return this.#outer.reason;
    const at = { device: this.#name };
    if (this.#timedOut) {
      return new DeviceError("device-timeout", `${this.#name} did not answer in time`, { at });
    }
    return new DeviceError(code, `${this.#name} ${what}`, { at, cause });
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof DeviceError && (error.code === "device-failed" || error.code === "device-timeout");
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"),
  );
}

function badRedirect(url: URL, problem: string): DeviceError {
  const name = publicName(url);
  return new DeviceError("bad-response", `${name} answers with a redirect that ${problem}`, {
    at: { device: name },
  });
}

/** Seconds, or a date; anything else is as if it were not there. RFC 9110, section 10.2.3. */
function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get("Retry-After") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - Date.now());
}

/** Nobody waits for a body any more that was cancelled. */
function ignoreLateFailure(): void {}

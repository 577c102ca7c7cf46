/** What a server asks for with 401. Source: RFC 9110, section 11.6.1. */

/** One challenge. Names are in lower case; all of it is the server's word. */
export interface AuthChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The most of a header that is looked at. */
const maxHeaderLength = 16_384;
const schemeName = /[!#$%&'*+.^_`|~0-9A-Za-z-]+(?=[ \t,]|$)/y;
const parameter =
  /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z:/-]+))/y;
const token68 = /[0-9A-Za-z._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const separators = /[ \t,]*/y;

/**
 * The challenges of a `WWW-Authenticate` header, several lines joined by commas.
 * What is malformed ends the list: the challenges before it stand.
 */
export function parseChallenges(header: string): AuthChallenge[] {
  const challenges: AuthChallenge[] = [];
  const text = header.slice(0, maxHeaderLength);
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  };
  for (take(separators); at < text.length; take(separators)) {
    const scheme = take(schemeName)?.[0];
    if (scheme === undefined) break;
    const parameters = new Map<string, string>();
    take(/[ \t]*/y);
    if (take(token68) === undefined) {
      for (let found = take(parameter); found !== undefined; found = take(parameter)) {
        const [, name = "", inQuotes, plain = ""] = found;
        parameters.set(name.toLowerCase(), inQuotes?.replace(/\\(.)/gs, "$1") ?? plain);
        take(separators);
      }
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
  return challenges;
}

/** Values that `sealstone policy create` takes: what is allowed besides that which images say. */
import { InvalidArgumentError } from "commander";
import { volumeSources } from "../policy/confcom-additions.ts";
import type { PolicyMount } from "../policy/default-mounts.ts";
import type { EnvironmentRule, ListedContainer } from "../policy/listed-container.ts";
import { isContainer } from "../policy/native/shapes.ts";
import { signalNumber } from "../policy/signals.ts";
import type { JsonValue } from "../rego/index.ts";

/** Adds what one use of an option says to what those before it said. */
export function repeated<Value>(
  parse: (text: string) => Value,
): (text: string, before?: readonly Value[]) => readonly Value[] {
  return (text, before = []) => [...before, parse(text)];
}

/** `/data=azureFile`, `/cache=emptyDir,ro`, `/x=sandbox:///tmp/y/.+`. */
export function mountValue(text: string): PolicyMount {
  const [, destination, place = "", access = "rw"] = /^(\/[^=]*)=(.+?)(?:,(ro|rw))?$/s.exec(text) ?? [];
  const source = volumeSources.get(place) ?? place;
  if (destination === undefined || !/^\/|^[a-z0-9]+:\/\//.test(source)) {
    const kinds = Array.from(volumeSources.keys()).join(", ");
    throw new InvalidArgumentError(
      `a mount is where it goes, =, and what it is (${kinds}, a path, or sandbox://…), with ,ro for reading alone`,
    );
  }
  return { source, destination, type: "bind", options: ["rbind", "rshared", access] };
}

/** `NAME=value`, as it is. */
export function variableValue(text: string): EnvironmentRule {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError("a variable is NAME=value");
  return { pattern: text, strategy: "string", required: false };
}

/** `NAME=.+`, as a regular expression. */
export function variablePattern(text: string): EnvironmentRule {
  return { ...variableValue(text), strategy: "re2" };
}

/** `SIGTERM`, `15`. */
export function signalValue(text: string): number {
  const signal = signalNumber(text);
  if (signal === undefined)
    throw new InvalidArgumentError("a signal is a name, SIGTERM, or a number from 1 to 64");
  return signal;
}

/** `["/bin/app", "-v"]`. */
export function commandValue(text: string): readonly string[] {
  const words = jsonOf(text);
  if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === "string")) {
    return words as readonly string[];
  }
  throw new InvalidArgumentError('a command is a JSON list of its words: \'["/bin/app", "-v"]\'');
}

/** A container as policies list it, or a list of them. */
export function containersValue(
  text: string,
  before: readonly ListedContainer[] = [],
): readonly ListedContainer[] {
  const value = jsonOf(text);
  const containers = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  if (containers.every((container) => isContainer(container))) {
    return [...before, ...(containers as unknown as readonly ListedContainer[])];
  }
  throw new InvalidArgumentError("containers are JSON as policies have them: see `policy create --json`");
}

/** A whole number that a fragment's svn must reach. */
export function svnValue(text: string): string {
  if (/^[0-9]{1,9}$/.test(text)) return text;
  throw new InvalidArgumentError("an svn is a whole number");
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

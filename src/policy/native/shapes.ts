/**
 * The shapes in which tools write what policies list. Only what has them is decided here; for anything else the
 * framework's Rego says what it means.
 */
import type { JsonObject, JsonValue } from "../../rego/index.ts";
import { isVersion } from "../../rego/semantic-version.ts";

/** A rule that a variable may match: its whole text, or name and value apart. */
export type EnvironmentRule =
  | { readonly pattern: string; readonly strategy: string; readonly required?: boolean }
  | {
      readonly name: string;
      readonly name_strategy: string;
      readonly value: string;
      readonly value_strategy: string;
      readonly required?: boolean;
    };

/** A mount, asked for or listed. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly destination: string;
  readonly options: readonly string[];
}

/** A pattern for a user or a group. */
export interface IdentityPattern {
  readonly pattern: string;
  readonly strategy: string;
}

/** Capabilities by their sets. */
export interface Capabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly inheritable: readonly string[];
  readonly permitted: readonly string[];
  readonly ambient: readonly string[];
}

/** A container that a policy lists. */
export interface Container {
  readonly command: readonly string[];
  readonly env_rules: readonly EnvironmentRule[];
  readonly layers: readonly string[];
  readonly mounts: readonly Mount[];
  readonly exec_processes: readonly {
    readonly command: readonly string[];
    readonly signals: readonly number[];
  }[];
  readonly signals: readonly number[];
  readonly user: {
    readonly umask: string;
    readonly user_idname: IdentityPattern;
    readonly group_idnames: readonly IdentityPattern[];
  };
  readonly capabilities: Capabilities | null;
  readonly seccomp_profile_sha256: string;
  readonly allow_elevated: boolean;
  readonly working_dir: string;
  readonly allow_stdio_access: boolean;
  readonly no_new_privileges: boolean;
}

/** A process beside containers that a policy lists. */
export interface ExternalProcess {
  readonly command: readonly string[];
  readonly env_rules: readonly EnvironmentRule[];
  readonly working_dir: string;
  readonly allow_stdio_access: boolean;
}

/** A fragment that a policy lists. */
export interface ListedFragment {
  readonly issuer: string;
  readonly feed: string;
  readonly minimum_svn: string | number;
  readonly includes: readonly string[];
  readonly parameters?: JsonValue;
  readonly required_receipts?: readonly string[];
}

/** What a platform adds to containers. */
export interface PlatformRule {
  readonly env_rules?: readonly EnvironmentRule[];
  readonly mounts?: readonly Mount[];
}

/** Whether a value is of a shape. */
export type Shape = (value: JsonValue | undefined) => boolean;

/** A text. */
export const isText: Shape = (value) => typeof value === "string";
/** True or false. */
export const isFlag: Shape = (value) => typeof value === "boolean";
const isWholeNumber: Shape = (value) => Number.isSafeInteger(value);

/** A list of things of one shape. */
export function listOf(item: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(item);
}

/** One shape or the other. */
export function either(...shapes: readonly Shape[]): Shape {
  return (value) => shapes.some((shape) => shape(value));
}

/** An object that has at least these members. */
export function objectOf(members: { readonly [name: string]: Shape }): Shape {
  const shapes = Object.entries(members);
  return (value) => isObject(value) && shapes.every(([name, shape]) => shape(value[name]));
}

/** The value null. */
export const isNull: Shape = (value) => value === null;
const isAbsent: Shape = (value) => value === undefined;
/** A list of texts. */
export const texts: Shape = listOf(isText);

/** True for an object of JSON's. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isEnvironmentRule: Shape = either(
  objectOf({
    pattern: isText,
    strategy: isText,
    name: isAbsent,
    value: isAbsent,
    required: either(isFlag, isAbsent),
  }),
  objectOf({
    name: isText,
    name_strategy: isText,
    value: isText,
    value_strategy: isText,
    pattern: isAbsent,
    required: either(isFlag, isAbsent),
  }),
);

/** See `Mount`. */
export const isMount: Shape = objectOf({ type: isText, source: isText, destination: isText, options: texts });
const isIdentityPattern: Shape = objectOf({ pattern: isText, strategy: isText });

/** See `Capabilities`. */
export const isCapabilities: Shape = objectOf({
  bounding: texts,
  effective: texts,
  inheritable: texts,
  permitted: texts,
  ambient: texts,
});

/** See `Container`; processes in it have nothing that no tool writes. */
export const isContainer: Shape = objectOf({
  command: texts,
  env_rules: listOf(isEnvironmentRule),
  layers: texts,
  mounts: listOf(isMount),
  exec_processes: listOf(
    objectOf({
      command: texts,
      signals: listOf(isWholeNumber),
      working_dir: isAbsent,
      user: isAbsent,
      no_new_privileges: isAbsent,
    }),
  ),
  signals: listOf(isWholeNumber),
  user: objectOf({
    umask: isText,
    user_idname: isIdentityPattern,
    group_idnames: listOf(isIdentityPattern),
  }),
  capabilities: either(isNull, isCapabilities),
  seccomp_profile_sha256: isText,
  allow_elevated: isFlag,
  working_dir: isText,
  allow_stdio_access: isFlag,
  no_new_privileges: isFlag,
});

/** See `ExternalProcess`. */
export const isExternalProcess: Shape = objectOf({
  command: texts,
  env_rules: listOf(isEnvironmentRule),
  working_dir: isText,
  allow_stdio_access: isFlag,
});

/** A security version number: a number, its digits, or a semantic version. */
export const isSvn: Shape = (value) =>
  isWholeNumber(value) || (typeof value === "string" && (/^\d{1,15}$/.test(value) || isVersion(value)));

/** See `ListedFragment`. */
export const isListedFragment: Shape = objectOf({
  issuer: isText,
  feed: isText,
  minimum_svn: isSvn,
  includes: texts,
  parameters: either(isAbsent, isObject),
  required_receipts: either(isAbsent, texts),
});

/** See `PlatformRule`. */
export const isPlatformRule: Shape = objectOf({
  env_rules: either(isAbsent, listOf(isEnvironmentRule)),
  mounts: either(isAbsent, listOf(isMount)),
});

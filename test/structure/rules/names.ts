/** Names of files and folders, and marks of unfinished work. */
import { lineOf, type SourceFile, type Violation } from "../source-file.ts";

const cupboards = new Set(["util", "utils", "common", "helper", "helpers", "misc", "shared", "lib"]);

/** Kebab-case parts joined by dots: `file-device.node.ts`. */
const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const marks: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g, message: "unfinished work: do it or open an issue" },
  {
    pattern: /\b(?:it|test|describe)\s*\.(?:only|skip|todo|fails)\b/g,
    message: "a test that does not count",
  },
  { pattern: /@ts-(?:ignore|nocheck|expect-error)\b/g, message: "the type check switched off" },
  { pattern: /\/\*\s*(?:v8|c8|istanbul) ignore/g, message: "coverage switched off" },
];

/** A path whose folders or file are not named as the house names them. */
export function checkName(path: string): Violation[] {
  const segments = path.split("/");
  return segments.flatMap((segment, index) => {
    const isFile = index === segments.length - 1;
    if (!isFile && cupboards.has(segment)) return [`${path}: "${segment}" is a cupboard, not a part`];
    if (isFile && cupboards.has(segment.replace(/\..*$/, "")))
      return [`${path}: "${segment}" names no concept`];
    // What opens by itself when a folder is looked at bears that name everywhere.
    if (isFile && segment === "README.md") return [];
    return segment.split(".").every((part) => kebab.test(part))
      ? []
      : [`${path}: "${segment}" is not kebab-case`];
  });
}

/** Marks that mean "not done". */
export function checkMarks({ path, text }: SourceFile): Violation[] {
  return marks.flatMap(({ pattern, message }) =>
    [...text.matchAll(pattern)].map(
      (match) => `${path}:${lineOf(text, match.index)}: ${match[0]}: ${message}`,
    ),
  );
}

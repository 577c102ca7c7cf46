/**
 * Paths and ids that a host names. One that could mean something in two ways is refused: nothing but letters of
 * ASCII, digits and a few signs, and nothing that would have to be cleaned.
 */
import { PolicyError } from "../errors.ts";

/** What everything of containers lies in. */
export const containersFolder = "/run/gcs/c";

/** A path in its one form: no `..`, no `//`, no slash at the end, nothing that mount options or logs take for theirs. */
const pathPattern = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,255})+$/;
const longestPath = 4095;
const containerPattern = /^[0-9a-fA-F]{64}$/;
const shareNamePattern = /^[0-9]{1,20}$/;

/**
 * Checks a path.
 *
 * @param field names the field in the error.
 * @throws {PolicyError} for one that is not in its one form.
 */
export function checkPath(path: string, field: string): void {
  if (path.length <= longestPath && pathPattern.test(path)) return;
  throw refused(
    `${field} is no path that a guest mounts at: a slash, then letters, digits, dots, hyphens and underscores between single slashes`,
    field,
  );
}

/**
 * Checks a container's id.
 *
 * @throws {PolicyError} for what is not 64 hex digits.
 */
export function checkContainerId(id: string, field: string): void {
  if (!containerPattern.test(id))
    throw refused(`${field} is no container's id, which has 64 hex digits`, field);
}

/**
 * Checks the name of a directory that is shared over 9p.
 *
 * @throws {PolicyError} for what is not digits alone.
 */
export function checkShareName(name: string): void {
  if (!shareNamePattern.test(name)) throw refused("ShareName is not digits alone", "ShareName");
}

/** The guest's own refusal, whatever the policy says. */
export function refused(why: string, field: string): PolicyError {
  return new PolicyError(why, [why], { at: { field } });
}

/** Where a container's root is. */
export function rootPathOf(containerId: string): string {
  return `${containersFolder}/${containerId}/rootfs`;
}

/** As Go's `path.Clean`, for paths that are absolute; an empty one is `.`. */
export function cleanPath(path: string): string {
  if (path === "") return ".";
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/** Whether a clean path is a folder or lies in it: by components, never by the letters that it begins with. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

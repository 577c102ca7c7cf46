/**
 * The order of a body's lines: each comes when the variables that it reads are
 * bound (the language reference, "Safety"). Rego's own order of lines means
 * nothing.
 */
import type { Position } from "./ast.ts";
import type { Line, Operand, Slot } from "./program.ts";

/** What a line reads, and what it binds once that is bound. */
interface Uses {
  readonly reads: Set<Slot>;
  readonly binds: Set<Slot>;
}

/** A line that no order makes possible. */
export interface UnsafeLine {
  readonly at: Position;
  readonly slots: readonly Slot[];
}

/**
 * Puts lines in order.
 *
 * @param bound variables that are bound before; those that the lines bind are added.
 * @returns the lines, or the first that cannot be done.
 */
export function orderLines(lines: readonly Line[], bound: Set<Slot>): readonly Line[] | UnsafeLine {
  const left = [...lines];
  const ordered: Line[] = [];
  while (left.length > 0) {
    const at = left.findIndex((line) => bindsOf(line, bound) !== undefined);
    const [line] = at === -1 ? [] : left.splice(at, 1);
    if (line === undefined) {
      const [first] = left as [Line];
      return { at: first.at, slots: missingOf(first, bound) };
    }
    for (const slot of bindsOf(line, bound) ?? []) bound.add(slot);
    ordered.push(line);
  }
  return ordered;
}

/** Variables that an operand reads and that are not bound. */
export function unboundIn(operand: Operand, bound: ReadonlySet<Slot>): Slot[] {
  return [...usesOf(operand).reads].filter((slot) => !bound.has(slot));
}

/** What a line binds; undefined where it cannot be done yet. */
function bindsOf(line: Line, bound: ReadonlySet<Slot>): readonly Slot[] | undefined {
  if (line.kind === "unify") return unifyBinds(line.left, line.right, bound);
  if (line.kind === "test") return readyBinds(line.operand, bound);
  if (line.kind === "not") return line.outer.every((slot) => bound.has(slot)) ? [] : undefined;
  const collection = readyBinds(line.collection, bound);
  if (collection === undefined) return undefined;
  if (line.kind === "every") return line.outer.every((slot) => bound.has(slot)) ? collection : undefined;
  const key = line.key ? patternBinds(line.key, bound) : [];
  const value = patternBinds(line.value, bound);
  return key && value && [...collection, ...key, ...value];
}

function missingOf(line: Line, bound: ReadonlySet<Slot>): readonly Slot[] {
  const reads =
    line.kind === "unify"
      ? [...usesOf(line.left).reads, ...usesOf(line.right).reads]
      : line.kind === "test"
        ? [...usesOf(line.operand).reads]
        : line.kind === "not"
          ? line.outer
          : [...usesOf(line.collection).reads, ...(line.kind === "every" ? line.outer : [])];
  return reads.filter((slot) => !bound.has(slot));
}

/** What an operand binds by taking each member, once all that it reads is bound; else undefined. */
function readyBinds(operand: Operand, bound: ReadonlySet<Slot>): readonly Slot[] | undefined {
  const { reads, binds } = usesOf(operand);
  return [...reads].every((slot) => bound.has(slot)) ? [...binds] : undefined;
}

function unifyBinds(left: Operand, right: Operand, bound: ReadonlySet<Slot>): readonly Slot[] | undefined {
  if (left.kind === "array" && right.kind === "array" && left.items.length === right.items.length) {
    return pairBinds(
      left.items.map((item, i) => [item, right.items[i] as Operand]),
      bound,
    );
  }
  const fromRight = readyBinds(right, bound);
  if (fromRight !== undefined) {
    const binds = patternBinds(left, new Set([...bound, ...fromRight]));
    if (binds !== undefined) return [...fromRight, ...binds];
  }
  const fromLeft = readyBinds(left, bound);
  const binds = fromLeft && patternBinds(right, new Set([...bound, ...fromLeft]));
  return fromLeft && binds && [...fromLeft, ...binds];
}

function pairBinds(
  pairs: readonly (readonly [Operand, Operand])[],
  bound: ReadonlySet<Slot>,
): readonly Slot[] | undefined {
  const now = new Set(bound);
  for (const [left, right] of pairs) {
    const binds = unifyBinds(left, right, now);
    if (binds === undefined) return undefined;
    for (const slot of binds) now.add(slot);
  }
  return [...now].filter((slot) => !bound.has(slot));
}

/** What matching a pattern with a value binds; undefined where the pattern holds what must be known first. */
function patternBinds(pattern: Operand, bound: ReadonlySet<Slot>): readonly Slot[] | undefined {
  if (pattern.kind === "local") return bound.has(pattern.slot) ? [] : [pattern.slot];
  const parts =
    pattern.kind === "array"
      ? pattern.items
      : pattern.kind === "object" && pattern.entries.every(([key]) => unboundIn(key, bound).length === 0)
        ? pattern.entries.map(([, value]) => value)
        : undefined;
  if (parts === undefined) return readyBinds(pattern, bound);
  const now = new Set(bound);
  for (const part of parts) {
    const binds = patternBinds(part, now);
    if (binds === undefined) return undefined;
    for (const slot of binds) now.add(slot);
  }
  return [...now].filter((slot) => !bound.has(slot));
}

function usesOf(operand: Operand): Uses {
  const uses = { reads: new Set<Slot>(), binds: new Set<Slot>() };
  collect(operand, uses);
  for (const slot of uses.binds) uses.reads.delete(slot);
  return uses;
}

function collect(operand: Operand, uses: Uses): void {
  switch (operand.kind) {
    case "local":
      uses.reads.add(operand.slot);
      return;
    case "member":
      collect(operand.of, uses);
      for (const step of operand.steps) collectStep(step, uses);
      return;
    case "document":
      for (const step of operand.steps) collectStep(step, uses);
      return;
    case "builtin":
    case "function":
      for (const each of operand.arguments) collect(each, uses);
      return;
    case "array":
    case "set":
      for (const item of operand.items) collect(item, uses);
      return;
    case "object":
      for (const part of operand.entries.flat()) collect(part, uses);
      return;
    case "comprehension":
      for (const slot of operand.outer) uses.reads.add(slot);
      return;
    default:
  }
}

/** A variable in brackets is bound to each key in turn. */
function collectStep(step: Operand, uses: Uses): void {
  if (step.kind === "local") uses.binds.add(step.slot);
  else if (step.kind === "array") for (const item of step.items) collectStep(item, uses);
  else collect(step, uses);
}

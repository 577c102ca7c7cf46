/** What rules ask for: those that ask for themselves, which Rego has not, and those that ask for nothing that changes. */
import type { Clause, CompiledRule, Line, Operand, PackageNode, RuleGroup } from "./program.ts";

/** What a group of rules asks for: functions, and documents by the steps that lead to them. */
export interface References {
  readonly asksInput: boolean;
  readonly functions: ReadonlySet<RuleGroup>;
  readonly documents: readonly (readonly Operand[])[];
}

/**
 * A chain of rules that ends where it begins; undefined where there is none.
 *
 * @param apart packages that are in no chain.
 */
export function findRecursion(
  root: PackageNode,
  apart: ReadonlySet<PackageNode> = new Set(),
): readonly RuleGroup[] | undefined {
  const done = new Set([...apart].flatMap((node) => groupsBelow(node)));
  const path: RuleGroup[] = [];
  const search = (group: RuleGroup): readonly RuleGroup[] | undefined => {
    if (done.has(group)) return undefined;
    const at = path.indexOf(group);
    if (at !== -1) return [...path.slice(at), group];
    path.push(group);
    const chain = firstOf(neededBy(referencesOf(group), root), search);
    path.pop();
    done.add(group);
    return chain;
  };
  return firstOf(groupsBelow(root), search);
}

/** Whether a group of rules asks for another, by whatever way. */
export function isReached(from: RuleGroup, to: RuleGroup, root: PackageNode): boolean {
  const seen = new Set([from]);
  // A set is gone through with what is added on the way.
  for (const group of seen) {
    if (group === to) return true;
    for (const needed of neededBy(referencesOf(group), root)) seen.add(needed);
  }
  return false;
}

/**
 * Whether a group's value is the same whatever is asked: it needs neither the input nor the data given, and nor does
 * what it needs.
 *
 * @param known what was found out before; added to.
 */
export function isConstant(group: RuleGroup, root: PackageNode, known: Map<RuleGroup, boolean>): boolean {
  const before = known.get(group);
  if (before !== undefined) return before;
  const { functions, documents, asksInput } = referencesOf(group);
  const named = documents.map((steps) => groupAlong(root, steps));
  const found =
    !asksInput &&
    [...functions, ...named].every((needed) => needed !== undefined && isConstant(needed, root, known));
  known.set(group, found);
  return found;
}

/** The one group whose value a reference begins with; undefined where it may be another or what is given. */
function groupAlong(root: PackageNode, steps: readonly Operand[]): RuleGroup | undefined {
  let node: PackageNode | undefined = root;
  for (const step of steps) {
    if (step.kind !== "constant" || typeof step.value !== "string") return undefined;
    const group: RuleGroup | undefined = node?.rules.get(step.value);
    if (group !== undefined) return group.kind === "function" ? undefined : group;
    node = node?.children.get(step.value);
  }
  return undefined;
}

function firstOf<Item, Result>(
  items: Iterable<Item>,
  find: (item: Item) => Result | undefined,
): Result | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a group of rules asks for. */
export function referencesOf(group: RuleGroup): References {
  const functions = new Set<RuleGroup>();
  const documents: (readonly Operand[])[] = [];
  let asksInput = false;
  const see = (operand: Operand): void => {
    if (operand.kind === "input") asksInput = true;
    if (operand.kind === "function") functions.add(operand.group);
    if (operand.kind === "document") documents.push(operand.steps);
  };
  for (const rule of group.default ? [...group.rules, group.default] : group.rules) eachOfRule(rule, see);
  return { functions, documents, asksInput };
}

/** The groups that are asked for. */
export function neededBy({ functions, documents }: References, root: PackageNode): Set<RuleGroup> {
  const needed = new Set(functions);
  for (const steps of documents) for (const each of groupsAt(root, steps)) needed.add(each);
  return needed;
}

/** Rules that a reference to documents may mean: a step that is not known may be any. */
function groupsAt(node: PackageNode, [step, ...rest]: readonly Operand[]): RuleGroup[] {
  if (step === undefined) return groupsBelow(node);
  if (step.kind !== "constant") {
    return [...node.rules.values(), ...[...node.children.values()].flatMap((child) => groupsAt(child, rest))];
  }
  const name = String(step.value);
  const group = node.rules.get(name);
  const child = node.children.get(name);
  return [...(group ? [group] : []), ...(child ? groupsAt(child, rest) : [])];
}

function groupsBelow(node: PackageNode): RuleGroup[] {
  return [...node.rules.values(), ...[...node.children.values()].flatMap(groupsBelow)];
}

function eachOfRule({ parameters, clauses }: CompiledRule, see: (operand: Operand) => void): void {
  for (const parameter of parameters) eachOperand(parameter, see);
  for (const clause of clauses) eachOfClause(clause, see);
}

function eachOfClause({ body, key, value }: Clause, see: (operand: Operand) => void): void {
  for (const line of body) eachOfLine(line, see);
  for (const operand of [key, value]) if (operand !== undefined) eachOperand(operand, see);
}

function eachOfLine(line: Line, see: (operand: Operand) => void): void {
  if (line.kind === "test") eachOperand(line.operand, see);
  if (line.kind === "unify") for (const side of [line.left, line.right]) eachOperand(side, see);
  if (line.kind === "each" || line.kind === "every") eachOperand(line.collection, see);
  if (line.kind === "each") for (const side of [line.key, line.value]) if (side) eachOperand(side, see);
  if (line.kind === "not" || line.kind === "every") for (const each of line.body) eachOfLine(each, see);
}

function eachOperand(operand: Operand, see: (operand: Operand) => void): void {
  see(operand);
  switch (operand.kind) {
    case "member":
      eachOperand(operand.of, see);
      for (const step of operand.steps) eachOperand(step, see);
      return;
    case "document":
      for (const step of operand.steps) eachOperand(step, see);
      return;
    case "builtin":
    case "function":
      for (const each of operand.arguments) eachOperand(each, see);
      return;
    case "array":
    case "set":
      for (const item of operand.items) eachOperand(item, see);
      return;
    case "object":
      for (const part of operand.entries.flat()) eachOperand(part, see);
      return;
    case "comprehension":
      eachOfClause(operand, see);
      return;
    default:
  }
}

/**
 * Modules made into a program. All that can be found out before anything is
 * evaluated is found out here: what is not Rego or not read, names that mean
 * nothing, variables that nothing binds, rules that contradict or contain each
 * other.
 *
 * The language: `docs/rego.md`. Sources: the Rego language reference of Open
 * Policy Agent ("Policy Language", "Policy Reference").
 */
import type { Module, Position, Rule } from "./ast.ts";
import { Budget, type EvaluationLimits } from "./budget.ts";
import { Constants } from "./constants.ts";
import { Documents } from "./documents.ts";
import { fromJson, type JsonObject, type JsonValue, toJson } from "./json.ts";
import type { RegoLibrary } from "./library.ts";
import { parseModule } from "./parser.ts";
import type { CompiledRule, PackageNode, RuleGroup } from "./program.ts";
import { findRecursion, isReached } from "./recursion.ts";
import { regoError, regoLimitError } from "./rego-error.ts";
import { type ModuleNames, resolveRule } from "./resolver.ts";
import { RegoObject, type RegoValue } from "./value.ts";

/** A module's text. */
export interface RegoModule {
  /** Names it in errors: `policy.rego`. */
  readonly name: string;
  readonly text: string;
}

/** What a query is asked with. */
export interface RegoQuery {
  /** Absent: nothing that asks for `input` holds. */
  readonly input?: JsonValue;
  /** What `data` holds besides the rules, which go before it. */
  readonly data?: JsonObject | RegoObject;
  readonly limits?: EvaluationLimits;
}

/** A group while its rules are being compiled. */
interface OpenGroup extends RuleGroup {
  readonly rules: CompiledRule[];
  default: CompiledRule | undefined;
}

/** Rules that can be asked. What is kept from one query for the next shows in none: each stands for itself. */
export class RegoProgram {
  readonly #root: PackageNode;
  readonly #constants: Constants;
  readonly #weights: WeakMap<object, number> = new WeakMap();

  /** Made by `compileRego`. */
  constructor(root: PackageNode) {
    this.#root = root;
    this.#constants = new Constants(root);
  }

  /**
   * The value of a document: `["policy", "mount_device"]` for `data.policy.mount_device`.
   *
   * @returns undefined where nothing gives it a value. A set comes as an array in its order.
   * @throws {FormatError} `bad-rule` where rules contradict each other.
   * @throws {StateError} `exhausted` past a limit.
   */
  evaluate(path: readonly string[], query: RegoQuery = {}): JsonValue | undefined {
    const value = this.#value(path, query);
    return value === undefined ? undefined : toJson(value);
  }

  /** Whether a rule of this path is there, whatever it gives. */
  defines(path: readonly string[]): boolean {
    return groupAt(this.#root, path) !== undefined;
  }

  /** Where the rules of a path begin, each in its module; none where there is no such rule. */
  positions(path: readonly string[]): readonly Position[] {
    return groupAt(this.#root, path)?.rules.map(({ at: { line, column } }) => ({ line, column })) ?? [];
  }

  /** Whether a rule asks for another, by whatever way; for a path that is known only when it is asked, it may. */
  asksFor(path: readonly string[], other: readonly string[]): boolean {
    const [from, to] = [groupAt(this.#root, path), groupAt(this.#root, other)];
    return from !== undefined && to !== undefined && isReached(from, to, this.#root);
  }

  #value(path: readonly string[], { input, data, limits }: RegoQuery): RegoValue | undefined {
    const given = data instanceof RegoObject ? data : (fromJson(data ?? {}) as RegoObject);
    const budget = new Budget(limits, this.#weights);
    const documents = new Documents(
      this.#root,
      given,
      input === undefined ? undefined : fromJson(input),
      budget,
      this.#constants,
    );
    try {
      const value = documents.value(path);
      if (value !== undefined) budget.charge(value);
      return value;
    } catch (error) {
      // The engine's stack, which no count of ours measures exactly.
      if (error instanceof RangeError) throw regoLimitError("it is nested too deeply");
      throw error;
    }
  }
}

/**
 * Compiles modules.
 *
 * @param library stands beside them; its functions are called, its rules asked for by their paths.
 * @throws {FormatError} `bad-syntax`, `unsupported` or `bad-rule`, with module, line and column.
 */
export function compileRego(modules: readonly RegoModule[], library?: RegoLibrary): RegoProgram {
  const own = parsedModules(modules);
  // A module that adds to the library's own packages changes what the names in them mean.
  const isApart = library && own.every(({ path: [first = ""] }) => !library.children.has(first));
  const all = (): readonly Module[] => [...(library?.modules ?? []), ...own];
  const root = isApart ? rootOf(library.children, own) : rootOf(new Map(), all());
  const apart = isApart && !library.asksBack(root, own) ? new Set(library.children.values()) : undefined;
  const chain = findRecursion(root, apart);
  if (chain !== undefined) throw recursionError(chain, all());
  return new RegoProgram(root);
}

function parsedModules(modules: readonly RegoModule[]): readonly Module[] {
  return modules.map(({ name, text }) => parseModule(text, name));
}

/** @param packages that are compiled already, and stay as they are. */
function rootOf(packages: ReadonlyMap<string, PackageNode>, modules: readonly Module[]): PackageNode {
  const root: PackageNode = { children: new Map(packages), rules: new Map() };
  for (const module of modules) addGroups(root, module);
  for (const module of modules) checkPackage(root, module);
  for (const module of modules) addRules(root, module);
  return root;
}

function packageOf(root: PackageNode, path: readonly string[]): PackageNode {
  let node = root;
  for (const name of path) {
    const next = node.children.get(name) ?? { children: new Map(), rules: new Map() };
    node.children.set(name, next);
    node = next;
  }
  return node;
}

function addGroups(root: PackageNode, module: Module): void {
  const { rules } = packageOf(root, module.path);
  for (const rule of module.rules) {
    const known = rules.get(rule.name);
    if (known === undefined) rules.set(rule.name, groupFor(rule, module));
    else checkSameKind(known, rule, module);
  }
}

function groupFor(rule: Rule, { path }: Module): OpenGroup {
  const { kind, parameters } = rule;
  const name = ["data", ...path, rule.name].join(".");
  return { name, kind, arity: parameters.length, rules: [], default: undefined };
}

function checkSameKind({ kind, arity, name }: RuleGroup, rule: Rule, module: Module): void {
  const same = kind === rule.kind && arity === rule.parameters.length;
  if (!same)
    throw regoError("bad-rule", module.name, rule.at, `${name} is made in two ways that exclude each other`);
}

/** A name cannot be a rule and a package at once. */
function checkPackage(root: PackageNode, module: Module): void {
  let node = root;
  const at: Position = { line: 1, column: 1 };
  for (const name of module.path) {
    if (node.rules.has(name)) {
      throw regoError("bad-rule", module.name, at, `\`${name}\` of this package's name is a rule elsewhere`);
    }
    node = node.children.get(name) as PackageNode;
  }
}

function addRules(root: PackageNode, module: Module): void {
  const { rules } = packageOf(root, module.path);
  const names: ModuleNames = {
    module,
    rules: new Set(rules.keys()),
    imports: importsOf(module, new Set(rules.keys())),
    functionAt: (path) => functionAt(root, path),
  };
  for (const rule of module.rules) {
    const group = rules.get(rule.name) as OpenGroup;
    const compiled = resolveRule(rule, names);
    if (!rule.isDefault) group.rules.push(compiled);
    else if (group.default === undefined) group.default = compiled;
    else throw regoError("bad-rule", module.name, rule.at, `${group.name} has two defaults`);
  }
}

function importsOf(module: Module, rules: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const imports = new Map<string, readonly string[]>();
  for (const { alias, path, at } of module.imports) {
    const taken = imports.has(alias) || rules.has(alias);
    if (taken)
      throw regoError("bad-rule", module.name, at, `\`${alias}\` has another meaning in this module`);
    imports.set(alias, path);
  }
  return imports;
}

function groupAt(root: PackageNode, path: readonly string[]): RuleGroup | undefined {
  let node: PackageNode | undefined = root;
  for (const name of path.slice(0, -1)) node = node?.children.get(name);
  return node?.rules.get(path.at(-1) ?? "");
}

function functionAt(root: PackageNode, path: readonly string[]): RuleGroup | undefined {
  const group = groupAt(root, path);
  return group?.kind === "function" ? group : undefined;
}

function recursionError(chain: readonly RuleGroup[], modules: readonly Module[]): Error {
  const names = chain.map(({ name }) => name).join(" → ");
  const { name } = chain[0] as RuleGroup;
  const module = modules.find(({ path, rules }) =>
    rules.some((rule) => ["data", ...path, rule.name].join(".") === name),
  ) as Module;
  const rule = module.rules.find((each) => name.endsWith(`.${each.name}`)) as Rule;
  return regoError("bad-rule", module.name, rule.at, `a rule asks for itself: ${names}`);
}

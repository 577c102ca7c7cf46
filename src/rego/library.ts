/**
 * Modules that stand beside those of many programs, and of which few rules are ever asked for: each is read when it is
 * first looked at.
 */
import type { Module, Rule } from "./ast.ts";
import { parseModule } from "./parser.ts";
import type { CompiledRule, PackageNode, RuleGroup } from "./program.ts";
import { neededBy, referencesOf } from "./recursion.ts";
import { resolveRule } from "./resolver.ts";

/** A module of a library: rules with blank lines between them and none within, no imports. */
export interface LibraryModule {
  /** Names it in errors: `framework/storage.rego`. */
  readonly name: string;
  readonly text: string;
}

/** What a library's rules ask for besides its own. */
export interface LibraryNeeds {
  /** Names of documents and packages right beneath `data`. */
  readonly roots: ReadonlySet<string>;
  /** Names of rules, in whatever other package. */
  readonly rules: ReadonlySet<string>;
}

const head = /^(?:default )?([A-Za-z_]\w*)/;

/** See the head of this file. What is read is kept; that shows in nothing. */
export class RegoLibrary {
  /** Its packages, by their names. */
  readonly children: ReadonlyMap<string, PackageNode>;
  readonly #modules: readonly LibraryModule[];
  readonly #needs: LibraryNeeds;
  #parsed: readonly Module[] | undefined;

  constructor(modules: readonly LibraryModule[], needs: LibraryNeeds) {
    this.#modules = modules;
    this.#needs = needs;
    const children = new Map<string, PackageNode>();
    const functionAt = ([first = "", ...rest]: readonly string[]): RuleGroup | undefined => {
      const group = rest.length === 1 ? children.get(first)?.rules.get(rest[0] as string) : undefined;
      return group?.kind === "function" ? group : undefined;
    };
    const texts = new Map<string, Map<string, string[]>>();
    for (const { text } of modules) collectRules(text, texts);
    for (const [path, rules] of texts) {
      const names = new Set(rules.keys());
      const groups = Array.from(
        rules,
        ([name, parts]) => [name, new LazyGroup(path, name, parts, names, functionAt)] as const,
      );
      children.set(path, { children: new Map(), rules: new Map(groups) });
    }
    this.children = children;
  }

  /** All of it, read. */
  get modules(): readonly Module[] {
    this.#parsed ??= this.#modules.map(({ name, text }) => parseModule(text, name));
    return this.#parsed;
  }

  /** Whether what the library asks of other modules may ask the library again. */
  asksBack(root: PackageNode, modules: readonly Module[]): boolean {
    if (modules.some(({ path: [first = ""] }) => this.#needs.roots.has(first))) return true;
    const own = new Set([...this.children.values()].flatMap(({ rules }) => [...rules.values()]));
    const asked = new Set(
      modules.flatMap(({ path }) => {
        let node: PackageNode | undefined = root;
        for (const name of path) node = node?.children.get(name);
        return [...(node?.rules ?? [])]
          .filter(([name]) => this.#needs.rules.has(name))
          .map(([, group]) => group);
      }),
    );
    // A set is gone through with what is added on the way.
    for (const group of asked) {
      if (own.has(group)) return true;
      for (const needed of neededBy(referencesOf(group), root)) asked.add(needed);
    }
    return false;
  }
}

/** Texts of rules by their package and name. */
function collectRules(text: string, texts: Map<string, Map<string, string[]>>): void {
  const [first = "", ...parts] = text.split(/\n\n+/);
  const path = first.replace(/^package /, "").trim();
  const rules = texts.get(path) ?? new Map<string, string[]>();
  texts.set(path, rules);
  for (const part of parts) {
    const name = head.exec(part)?.[1];
    if (name === undefined) continue;
    const known = rules.get(name);
    if (known === undefined) rules.set(name, [part]);
    else known.push(part);
  }
}

/** Rules of one name, read when they are looked at. */
class LazyGroup implements RuleGroup {
  readonly name: string;
  readonly #read: () => Omit<RuleGroup, "name">;
  #known: Omit<RuleGroup, "name"> | undefined;

  constructor(
    path: string,
    name: string,
    parts: readonly string[],
    rules: ReadonlySet<string>,
    functionAt: (path: readonly string[]) => RuleGroup | undefined,
  ) {
    this.name = `data.${path}.${name}`;
    this.#read = () => {
      const module = parseModule([`package ${path}`, ...parts].join("\n\n"), `${path}.rego`);
      const compiled: CompiledRule[] = [];
      let otherwise: CompiledRule | undefined;
      for (const rule of module.rules) {
        const one = resolveRule(rule, { module, rules, imports: new Map(), functionAt });
        if (rule.isDefault) otherwise = one;
        else compiled.push(one);
      }
      const { kind, parameters } = (module.rules.find(({ isDefault }) => !isDefault) ??
        module.rules[0]) as Rule;
      return { kind, arity: parameters.length, rules: compiled, default: otherwise };
    };
  }

  get #whole(): Omit<RuleGroup, "name"> {
    this.#known ??= this.#read();
    return this.#known;
  }

  get kind(): RuleGroup["kind"] {
    return this.#whole.kind;
  }

  get arity(): number {
    return this.#whole.arity;
  }

  get rules(): readonly CompiledRule[] {
    return this.#whole.rules;
  }

  get default(): CompiledRule | undefined {
    return this.#whole.default;
  }
}

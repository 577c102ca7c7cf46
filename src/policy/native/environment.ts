/** Environment variables against the rules of what is listed. */
import { compareText } from "../../rego/value.ts";
import type { Patterns } from "./patterns.ts";
import type { EnvironmentRule } from "./shapes.ts";

/** Something with rules for variables. */
interface Listed {
  readonly env_rules: readonly EnvironmentRule[];
}

/** Whether a rule matches a variable: all of it, or name and value apart at the first `=`. */
export function matchesVariable(rule: EnvironmentRule, env: string, patterns: Patterns): boolean {
  if ("pattern" in rule) return matchesText(rule.pattern, rule.strategy, env, patterns);
  const end = env.indexOf("=");
  return (
    end !== -1 &&
    matchesText(rule.name, rule.name_strategy, env.slice(0, end), patterns) &&
    matchesText(rule.value, rule.value_strategy, env.slice(end + 1), patterns)
  );
}

function matchesText(pattern: string, strategy: string, text: string, patterns: Patterns): boolean {
  if (strategy === "string") return pattern === text;
  return strategy === "re2" && patterns.matchesWhole(pattern, text);
}

/** Whether one of the rules matches a variable. */
export function isListed(rules: readonly EnvironmentRule[], env: string, patterns: Patterns): boolean {
  return rules.some((rule) => matchesVariable(rule, env, patterns));
}

/** Whether every variable is matched by one of the rules. */
export function areListed(
  rules: readonly EnvironmentRule[],
  envs: readonly string[],
  patterns: Patterns,
): boolean {
  return envs.every((env) => isListed(rules, env, patterns));
}

/** Rules that must match something and do not. */
export function missingRules(
  rules: readonly EnvironmentRule[],
  envs: readonly string[],
  patterns: Patterns,
): readonly EnvironmentRule[] {
  return rules.filter(
    (rule) => rule.required === true && !envs.some((env) => matchesVariable(rule, env, patterns)),
  );
}

/** Those of a list that take all variables and miss none. */
export function withVariables<Item extends Listed>(
  items: readonly Item[],
  envs: readonly string[],
  patterns: Patterns,
): readonly Item[] {
  return items.filter(
    ({ env_rules: rules }) =>
      missingRules(rules, envs, patterns).length === 0 && areListed(rules, envs, patterns),
  );
}

/** Variables without those that nothing lists: what the most generous items agree on; undefined where they do not. */
export function mostVariables(
  items: readonly Listed[],
  envs: readonly string[],
  patterns: Patterns,
): readonly string[] | undefined {
  const distinct = Array.from(new Set(envs)).sort(compareText);
  const subsets = items.map(({ env_rules: rules }) =>
    distinct.filter((env) => isListed(rules, env, patterns)),
  );
  const most = Math.max(...subsets.map(({ length }) => length));
  const [first, ...others] = subsets.filter(({ length }) => length === most);
  const agree = others.every((subset) => subset.every((env, i) => env === first?.[i]));
  return agree ? first : undefined;
}

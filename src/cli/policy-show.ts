/** `sealstone policy show`: what a policy says, for people. */
import type { PolicyOutline } from "../policy/policy-outline.ts";
import { policyWarnings } from "../policy/policy-warnings.ts";
import type { GroupContext, GroupOptions } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { openPolicyFile, policyMeasures } from "./policy-file.ts";
import {
  capabilitiesWords,
  containerTitle,
  fragmentWords,
  identityWords,
  mountWords,
  ruleWords,
  signalWords,
} from "./policy-words.ts";

/** Shows the policy that is the one operand. */
export async function runPolicyShow(
  { terminal }: GroupContext,
  [path = ""]: readonly string[],
  options: GroupOptions,
): Promise<ExitCode> {
  const { name, bytes, outline } = await openPolicyFile(path);
  const { digest, sizeBytes } = await policyMeasures(bytes);
  if (options.json) {
    const { flags, points, ...rest } = outline;
    const json = {
      digest,
      sizeBytes,
      ...rest,
      flags: Object.fromEntries(flags),
      points: Object.fromEntries(points),
      warnings: policyWarnings(outline),
    };
    terminal.out(JSON.stringify(json));
    return exitCodes.success;
  }
  const { apiVersion = "missing", frameworkVersion = "missing" } = outline;
  const parts = [
    `${name}: API ${apiVersion}, framework ${frameworkVersion}\ndigest ${digest} (what HOST_DATA must be)`,
    ...outline.containers.map((_, index) => containerText(outline, index)),
    ...othersText(outline),
    pointsText(outline),
    warningsText(outline),
  ];
  terminal.out(parts.join("\n\n"));
  return exitCodes.success;
}

function containerText({ containers }: PolicyOutline, index: number): string {
  const container = containers[index];
  if (container === undefined) return "";
  const lines = [containerTitle(container, index)];
  const say = (label: string, ...values: readonly string[]): void => {
    const [first = "none", ...others] = values;
    lines.push(`  ${label.padEnd(12)} ${first}`, ...others.map((value) => `${" ".repeat(15)}${value}`));
  };
  say("runs", `${JSON.stringify(container.command)} in ${container.working_dir}`);
  const { user_idname: user, group_idnames: groups, umask } = container.user;
  say("as", `user ${identityWords(user)}, groups ${groups.map(identityWords).join(" or ")}, umask ${umask}`);
  say(
    "layers",
    ...container.layers.map((layer, place) => {
      const others = containers
        .map((other, at) => (at !== index && other.layers.includes(layer) ? at : -1))
        .filter((at) => at !== -1);
      const shared = others.length === 0 ? "" : `  (also of container ${others.join(", ")})`;
      const end = place === 0 ? "  (the base)" : "";
      return `${String(place + 1).padStart(3)}  ${layer}${end}${shared}`;
    }),
  );
  say("variables", ...container.env_rules.map(ruleWords));
  say("mounts", ...container.mounts.map(mountWords));
  say("signals", container.signals.length === 0 ? "none" : container.signals.map(signalWords).join(", "));
  say(
    "may start",
    ...container.exec_processes.map(({ command, signals }) =>
      [JSON.stringify(command), ...signals.map(signalWords)].join(", "),
    ),
  );
  if (container.capabilities === null) say("capabilities", "the usual ones");
  else say("capabilities", ...capabilitiesWords(container.capabilities));
  const may = (yes: boolean, what: string): string => `${yes ? "may" : "may not"} ${what}`;
  say(
    "the host",
    may(container.allow_stdio_access, "connect standard streams"),
    may(container.allow_elevated, "make it privileged"),
    may(!container.no_new_privileges, "let its processes gain privileges"),
  );
  if (container.seccomp_profile_sha256 !== "") say("seccomp", container.seccomp_profile_sha256);
  return lines.join("\n");
}

function othersText({ fragments, externalProcesses }: PolicyOutline): readonly string[] {
  const parts: string[] = [];
  if (fragments.length > 0) {
    parts.push(
      ["fragments that may be loaded", ...fragments.map((item) => `  ${fragmentWords(item)}`)].join("\n"),
    );
  }
  if (externalProcesses.length > 0) {
    const lines = externalProcesses.map(
      ({ command, working_dir }) => `  ${JSON.stringify(command)} in ${working_dir}`,
    );
    parts.push(["processes beside the containers", ...lines].join("\n"));
  }
  return parts;
}

function pointsText({ points, flags }: PolicyOutline): string {
  const kinds = new Map<string, string[]>();
  for (const [name, answer] of points) {
    const key = answer.kind === "default" ? (answer.allowed ? "allowed" : "denied") : answer.kind;
    kinds.set(key, [...(kinds.get(key) ?? []), name]);
  }
  const titles: readonly (readonly [string, string])[] = [
    ["framework", "decided by the framework, from the lists above"],
    ["own", "decided by rules of the policy's own"],
    ["constant", "always answered alike"],
    ["allowed", "newer than the policy, so allowed"],
    ["denied", "newer than the policy, so denied"],
    ["missing", "without a rule, so denied"],
  ];
  const lines = titles.flatMap(([key, title]) => {
    const names = kinds.get(key);
    return names === undefined ? [] : [`  ${title}:`, ...wrapped(names)];
  });
  const flagLines = Array.from(flags, ([name, value]) => `  ${name}: ${value ? "yes" : "no"}`);
  return ["requests", ...lines, "", "flags", ...(flagLines.length > 0 ? flagLines : ["  none"])].join("\n");
}

/** Names in lines of at most 96 characters. */
function wrapped(names: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = "   ";
  for (const name of names) {
    if (line.length + name.length > 94) {
      lines.push(line);
      line = "   ";
    }
    line += ` ${name}`;
  }
  return [...lines, line];
}

function warningsText(outline: PolicyOutline): string {
  const warnings = policyWarnings(outline);
  if (warnings.length === 0) return "nothing to warn of";
  const lines = warnings.map(({ container, text }) => {
    const listed = container === undefined ? undefined : outline.containers[container];
    const where = listed === undefined ? "" : `${containerTitle(listed, container ?? 0)}: `;
    return `  ! ${where}${text}`;
  });
  return ["look at", ...lines].join("\n");
}

/**
 * A policy asked what it would say if an image were started: its layers mounted, the overlay assembled, the container
 * made. What an image does not say (capabilities, whether it is privileged) is asked as the policy lists it, so that
 * the answer is about the image.
 */
import { PolicyError } from "../errors.ts";
import { defaultUnprivilegedCapabilities } from "./default-capabilities.ts";
import { type ContainerRequest, GuestRequests, type PolicyIdentity } from "./guest-requests.ts";
import type { PolicyImage } from "./image-container.ts";
import type { ListedContainer } from "./listed-container.ts";
import type { Policy } from "./policy.ts";
import { PolicyDenial } from "./policy-denial.ts";

/** What a policy says to one request. */
export interface RehearsedStep {
  readonly allowed: boolean;
  /** The framework's errors, or the policy's own words; empty where it is allowed or none were given. */
  readonly reasons: readonly string[];
  /** The nearest miss in a sentence, where there is one. */
  readonly explanation?: string;
}

/** See the head of this file. */
export interface ImageRehearsal {
  /** Base first. */
  readonly layers: readonly RehearsedStep[];
  /** Absent where a layer could not be mounted: there is nothing to assemble. */
  readonly overlay?: RehearsedStep;
  /** Absent where the overlay could not be assembled. */
  readonly container?: RehearsedStep;
  /** Which of the containers it would be, as `containers` has them; absent where it would be none of them. */
  readonly index?: number;
}

/** What the host asks besides that which the image says. */
export interface RehearsalOptions {
  /** Of the policy, as an outline has them. */
  readonly containers: readonly ListedContainer[];
  /** In place of the image's command. */
  readonly command?: readonly string[];
  /** Besides the image's variables, or in place of those of the same name. */
  readonly environment?: readonly string[];
}

const containerId = "0".repeat(64);

/** Asks. Every image is asked for by itself, as the first of its group. */
export function rehearseImage(policy: Policy, image: PolicyImage, options: RehearsalOptions): ImageRehearsal {
  const assembled = assemble(new GuestRequests(policy.enforcer()), image);
  if (!assembled.overlay?.allowed) return assembled;
  const candidates = Array.from(options.containers.entries()).filter(([, { layers }]) =>
    isSameList(layers, image.layers),
  );
  const start = (container: ListedContainer | undefined): RehearsedStep => {
    const requests = new GuestRequests(policy.enforcer());
    assemble(requests, image);
    return ask(() => requests.createContainer(requestOf(image, options, container)));
  };
  for (const [index, container] of candidates) {
    const step = start(container);
    if (step.allowed) return { ...assembled, container: step, index };
  }
  return { ...assembled, container: start(candidates[0]?.[1]) };
}

/** Asks for the layers and, if all may be mounted, for the overlay of them. */
function assemble(
  requests: GuestRequests,
  { layers }: PolicyImage,
): Pick<ImageRehearsal, "layers" | "overlay"> {
  const target = (index: number): string => `/run/mounts/scsi/m${index}`;
  const steps = layers.map((hash, index) => ask(() => requests.mountDevice(target(index), hash)));
  if (steps.some(({ allowed }) => !allowed)) return { layers: steps };
  const paths = layers.map((_, index) => target(index)).reverse();
  const overlay = ask(() => requests.mountOverlay(containerId, paths, `/run/gcs/c/${containerId}/rootfs`));
  return { layers: steps, overlay };
}

function requestOf(
  { configuration }: PolicyImage,
  { command, environment = [] }: RehearsalOptions,
  container: ListedContainer | undefined,
): ContainerRequest {
  const { env, entrypoint = [], command: words = [], workingDir, user = "" } = configuration;
  const given = new Set(environment.map(nameOf));
  const usual = defaultUnprivilegedCapabilities;
  const [userText = "", groupText = ""] = user.split(/:(.*)/s);
  return {
    containerId,
    sandboxId: containerId,
    arguments: command ?? [...entrypoint, ...words],
    environment: [...env.filter((variable) => !given.has(nameOf(variable))), ...environment],
    workingDirectory: workingDir || "/",
    noNewPrivileges: container?.no_new_privileges ?? false,
    user: identityOf(userText),
    groups: groupText === "" && userText !== "" ? [] : [identityOf(groupText)],
    umask: container?.user.umask ?? "0022",
    capabilities: container?.capabilities ?? {
      bounding: usual,
      effective: usual,
      inheritable: [],
      permitted: usual,
      ambient: [],
    },
    isSandboxContainer: false,
    privileged: false,
    mounts: [],
    devices: [],
    seccompProfileSha256: container?.seccomp_profile_sha256 ?? "",
  };
}

/** Who an image says it is, as far as that is known without its files: what is missing is empty. */
function identityOf(text: string): PolicyIdentity {
  if (text === "") return { id: "0", name: "root" };
  return /^[0-9]+$/.test(text) ? { id: text, name: "" } : { id: "", name: text };
}

function nameOf(variable: string): string {
  return variable.split("=", 1)[0] ?? "";
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function ask(request: () => unknown): RehearsedStep {
  try {
    request();
    return { allowed: true, reasons: [] };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const explanation = error instanceof PolicyDenial ? error.explanation?.summary : undefined;
    return { allowed: false, reasons: error.reasons, ...(explanation !== undefined && { explanation }) };
  }
}

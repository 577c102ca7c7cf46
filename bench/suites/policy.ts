/** Execution policies: how long one takes to read, and a request to decide. */
import { openPolicy } from "sealstone/policy";
import type { Contender } from "../measure/interleave.ts";
import { large, type PolicySize, PolicyWalk, policyText, sizeText, small, tall } from "./policy-parts.ts";
import type { Suite } from "./suite.ts";

const comparison =
  "No engine for Rego installs from npm, so that no peer stands beside it: hcsshim's framework, compiled to WebAssembly by " +
  "OPA, was measured elsewhere at 50 ms a load and 0.2 to 0.3 ms a decision of mount_device, which is 20 loads and 3300 to " +
  "5000 decisions a second.";

/** Rounds of one request each, where the state that it needs is made again off the clock. */
const batch = 20;

export const policyLoads: Suite = {
  name: "policy-loads",
  title: "Execution policies: reading one",
  about:
    `A call is a policy opened, its digest taken: of ${sizeText(small)}, of ${sizeText(large)}, and a small one with a ` +
    `rule of its own, which is compiled and linked with the framework's Rego. ${comparison}`,
  pace: { rounds: 15, timeMs: 100 },
  prepare: async () => {
    const texts = [
      [`sealstone, ${sizeText(small)}`, policyText(small)],
      [`sealstone, ${sizeText(large)}`, policyText(large)],
      [ownRule, policyText(small, ownRules)],
    ] as const;
    return {
      contenders: texts.map(([name, text]) => ({ name, calls: 1, run: () => openPolicy(text) })),
      ratios: [{ of: ownRule, to: `sealstone, ${sizeText(small)}` }],
      close: async () => {},
    };
  },
};

/** A rule that no tool writes: a policy with it is evaluated. */
const ownRules = "own if input.target";
const ownRule = "sealstone, 1 container, a rule of its own";

/** A large policy is to take no more than twice as long as one container of as many layers. */
function allSizes(
  title: string,
  name: string,
  about: string,
  contender: (walk: PolicyWalk) => Pick<Contender, "run" | "before">,
  rules = "",
): Suite {
  const sizes = [small, tall, large];
  const nameOf = (size: PolicySize): string => `sealstone, ${sizeText(size)}`;
  return {
    name,
    title,
    about: `${about} ${comparison}`,
    pace: { rounds: 15, timeMs: 60 },
    prepare: async () => {
      const contenders: Contender[] = [];
      for (const size of sizes) {
        contenders.push({
          name: nameOf(size),
          calls: batch,
          ...contender(await PolicyWalk.over(size, rules)),
        });
      }
      return {
        contenders,
        ratios: [{ of: nameOf(large), to: nameOf(tall), atLeast: 0.5 }],
        close: async () => {},
      };
    },
  };
}

function deviceRequests(walk: PolicyWalk): Pick<Contender, "run" | "before"> {
  const empty = walk.enforcer.snapshot();
  return {
    before: async () => walk.enforcer.restore(empty),
    run: () => {
      for (let place = 0; place < batch; place++) walk.mountDevice(place);
    },
  };
}

export const policyDevices: Suite = allSizes(
  "Execution policies: mount_device",
  "policy-devices",
  "A call is one request, allowed: a layer of the last container, at a place that is free.",
  deviceRequests,
);

export const evaluatedDevices: Suite = allSizes(
  "Execution policies: mount_device, evaluated",
  "policy-devices-evaluated",
  "As before, of policies with a rule of their own, which are evaluated.",
  deviceRequests,
  ownRules,
);

export const policyContainers: Suite = allSizes(
  "Execution policies: create_container",
  "policy-containers",
  "A call is one request, allowed: the last container's, with its overlay mounted, twelve variables and the usual capabilities.",
  (walk) => {
    walk.mountDevices();
    walk.mountOverlay();
    const mounted = walk.enforcer.snapshot();
    return {
      run: () => {
        for (let i = 0; i < batch; i++) {
          walk.enforcer.restore(mounted);
          walk.createContainer();
        }
      },
    };
  },
);

export const policyOverlays: Suite = allSizes(
  "Execution policies: mount_overlay",
  "policy-overlays",
  "A call is one request, allowed: all layers of the last container.",
  (walk) => {
    walk.mountDevices();
    const mounted = walk.enforcer.snapshot();
    return {
      run: () => {
        for (let i = 0; i < batch; i++) {
          walk.enforcer.restore(mounted);
          walk.mountOverlay();
        }
      },
    };
  },
);

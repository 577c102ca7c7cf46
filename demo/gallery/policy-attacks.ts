/** What a host does about the policy itself. */
import { policyText } from "sealstone/node";
import type { SimulatedHost } from "../simulated-host.ts";
import type { Attack, AttackFamily } from "./attack.ts";

/** The deployed policy, with one thing more allowed. */
function weakenedPolicy({ deployment }: SimulatedHost): string {
  return policyText({ ...deployment.content, allow_unencrypted_scratch: true });
}

const attacks: readonly Attack[] = [
  {
    name: "request before the policy",
    point: 1,
    does: "mounts a layer before it sends a policy",
    attack: (host) => host.mountLayer(0),
    twin: async (host) => {
      await host.setPolicy();
      await host.mountLayer(0);
    },
    refusal: "PolicyError",
  },
  {
    name: "policy that is not the attested one",
    point: 1,
    does: "sends a policy that allows one thing more",
    attack: (host) => host.setPolicy(weakenedPolicy(host)),
    twin: (host) => host.setPolicy(),
    refusal: "AttestationError",
  },
  {
    name: "second policy",
    point: 1,
    does: "sends the weaker policy after the attested one",
    attack: async (host) => {
      await host.setPolicy();
      await host.setPolicy(weakenedPolicy(host));
    },
    twin: (host) => host.setPolicy(),
    refusal: "PolicyError",
  },
];

/** See the head of this file. */
export const policyAttacks: AttackFamily = { title: "The policy", attacks };

/** The framework's rules in Rego: what policy and fragments list, and what older versions leave out of it. */

/** See the head of this file; a module of the package `framework`. */
export const candidateRules = `package framework

fragment_parts(kind) := [part | part := data.metadata.issuers[_].feeds[_][_][kind][_]]

default policy_containers := []

policy_containers := with_defaults("container", data.policy.containers, policy_framework_version)

default policy_external_processes := []

policy_external_processes := with_defaults(
	"external_process", data.policy.external_processes, policy_framework_version,
)

default policy_fragments := []

policy_fragments := with_defaults("fragment", data.policy.fragments, policy_framework_version)

default policy_platform_rules := []

policy_platform_rules := with_defaults("platform_rule", data.policy.platform_rules, policy_framework_version)

candidate_external_processes := array.concat(policy_external_processes, fragment_parts("external_processes"))

candidate_fragments := array.concat(policy_fragments, fragment_parts("fragments"))

platform_rules := array.concat(policy_platform_rules, fragment_parts("platform_rules"))

listed_containers := array.concat(policy_containers, fragment_parts("containers"))

# Each platform rule makes one container of every container that is listed.

candidate_containers := listed_containers if count(platform_rules) == 0

candidate_containers := [container |
	listed := listed_containers[_]
	rule := platform_rules[_]
	container := object.union(listed, {
		"env_rules": array.concat(listed.env_rules, object.get(rule, "env_rules", [])),
		"mounts": array.concat(listed.mounts, object.get(rule, "mounts", [])),
	})
] if count(platform_rules) > 0

# Lists as the current version has them; of a version that is ahead, none.

with_defaults(kind, listed, listed_version) := listed if semver.compare(listed_version, version) == 0

with_defaults("platform_rule", listed, listed_version) := [] if semver.compare(listed_version, version) < 0

with_defaults(kind, listed, listed_version) := [complete |
	given := listed[_]
	complete := completed(kind, given, listed_version)
] if {
	kind != "platform_rule"
	semver.compare(listed_version, version) < 0
}

completed("container", given, since) := {
	"command": given.command,
	"env_rules": given.env_rules,
	"layers": given.layers,
	"mounts": given.mounts,
	"allow_elevated": given.allow_elevated,
	"working_dir": given.working_dir,
	"exec_processes": given.exec_processes,
	"allow_stdio_access": given.allow_stdio_access,
	"signals": signals_since(given, since),
	"no_new_privileges": field_since(given, "no_new_privileges", since, "0.2.0", false),
	"user": field_since(given, "user", since, "0.2.1", {
		"umask": "0022",
		"user_idname": {"pattern": "", "strategy": "any"},
		"group_idnames": [{"pattern": "", "strategy": "any"}],
	}),
	"capabilities": field_since(given, "capabilities", since, "0.2.2", null),
	"seccomp_profile_sha256": field_since(given, "seccomp_profile_sha256", since, "0.2.3", ""),
}

completed("external_process", given, since) := {
	"command": given.command,
	"env_rules": given.env_rules,
	"working_dir": given.working_dir,
	"allow_stdio_access": given.allow_stdio_access,
}

# Parameters narrow what a fragment may be, so that no version forgets them.

completed("fragment", given, since) := {
	"issuer": given.issuer,
	"feed": given.feed,
	"minimum_svn": given.minimum_svn,
	"includes": given.includes,
	"parameters": object.get(given, "parameters", {}),
}

field_since(given, name, since, introduced, otherwise) := given[name] if semver.compare(since, introduced) >= 0

field_since(given, name, since, introduced, otherwise) := otherwise if semver.compare(since, introduced) < 0

signals_since(given, since) := given.signals if semver.compare(since, "0.4.1") >= 0

signals_since(given, since) := array.concat(given.signals, [9, 15]) if semver.compare(since, "0.4.1") < 0
`;

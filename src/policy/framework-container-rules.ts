/** The framework's rules in Rego: containers, processes in them and beside them, and signals. */

/** See the head of this file; a module of the package `framework`. */
export const containerRules = `package framework

default container_started := false

container_started if data.metadata.started[input.containerID]

default container_privileged := false

container_privileged if data.metadata.started[input.containerID].privileged

matched_containers := [container | container := data.metadata.matches[input.containerID][_]]

# What one container asks of a request.

command_ok(command) if {
	count(input.argList) == count(command)
	every i, argument in input.argList {
		command[i] == argument
	}
}

workingDirectory_ok(working_dir) if input.workingDir == working_dir

noNewPrivileges_ok(no_new_privileges) if {
	no_new_privileges
	input.noNewPrivileges
}

noNewPrivileges_ok(no_new_privileges) if not no_new_privileges

privileged_ok(allow_elevated) if not input.privileged

privileged_ok(allow_elevated) if {
	input.privileged
	input.privileged == allow_elevated
}

idName_ok(pattern, "any", value) := true

idName_ok(pattern, "id", value) if pattern == value.id

idName_ok(pattern, "name", value) if pattern == value.name

idName_ok(pattern, "re2", value) if whole_match(pattern, value.name)

user_ok(user) if {
	user.umask == input.umask
	idName_ok(user.user_idname.pattern, user.user_idname.strategy, input.user)
	every group in input.groups {
		some listed in user.group_idnames
		idName_ok(listed.pattern, listed.strategy, group)
	}
}

seccomp_ok(seccomp_profile_sha256) if input.seccompProfileSHA256 == seccomp_profile_sha256

devices_ok if count(input.devices) == 0

same_members(one, other) if {
	count(one) == count(other)
	every member in one { member in other }
	every member in other { member in one }
}

mountSource_ok(listed, source) if listed == source

mountSource_ok(listed, source) if {
	startswith(listed, data.sandboxPrefix)
	whole_match(replace(listed, data.sandboxPrefix, input.sandboxDir), source)
}

mountSource_ok(listed, source) if {
	startswith(listed, data.hugePagesPrefix)
	whole_match(replace(listed, data.hugePagesPrefix, input.hugePagesDir), source)
}

mountSource_ok(listed, source) if {
	startswith(listed, data.plan9Prefix)
	data.metadata.p9mounts[source] == input.containerID
}

mountConstraint_ok(listed, mount) if {
	mount.type == listed.type
	mountSource_ok(listed.source, mount.source)
	mount.destination != ""
	mount.destination == listed.destination
	same_members(mount.options, listed.options)
}

mount_ok(container, mount) if {
	some listed in container.mounts
	mountConstraint_ok(listed, mount)
}

mount_ok(container, mount) if {
	some listed in data.defaultMounts
	mountConstraint_ok(listed, mount)
}

mount_ok(container, mount) if {
	container.allow_elevated
	some listed in data.privilegedMounts
	mountConstraint_ok(listed, mount)
}

# The pause container of a privileged pod gets a writable sysfs without being privileged itself.

mount_ok(container, mount) if {
	input.isSandboxContainer
	mount.type == "sysfs"
	mount.source == "sysfs"
	mount.destination == "/sys"
	same_members(mount.options, ["nosuid", "noexec", "nodev", "rw"])
}

mountList_ok(container) if {
	every mount in input.mounts { mount_ok(container, mount) }
}

# Environment variables.

env_pattern_ok(pattern, "string", text) if pattern == text

env_pattern_ok(pattern, "re2", text) if whole_match(pattern, text)

env_rule_ok(rule, env) if {
	rule.pattern != null
	env_pattern_ok(rule.pattern, rule.strategy, env)
}

env_rule_ok(rule, env) if {
	rule.name != null
	rule.value != null
	equals := indexof(env, "=")
	equals >= 0
	env_pattern_ok(rule.name, rule.name_strategy, substring(env, 0, equals))
	env_pattern_ok(rule.value, rule.value_strategy, substring(env, equals + 1, -1))
}

some_rule_ok(rules, env) if {
	some rule in rules
	env_rule_ok(rule, env)
}

rule_met(rule, envs) if not rule.required

rule_met(rule, envs) if {
	rule.required
	some env in envs
	env_rule_ok(rule, env)
}

envs_allowed(rules, envs) if {
	every env in envs { some_rule_ok(rules, env) }
}

envList_ok(rules, envs) if {
	every rule in rules { rule_met(rule, envs) }
	envs_allowed(rules, envs)
}

kept_envs(items) := input.envList if not allow_environment_variable_dropping

# The most that any item takes; it must be the same for all that take as many.

kept_envs(items) := kept if {
	allow_environment_variable_dropping
	subsets := [subset |
		item := items[_]
		subset := {env | env := input.envList[_]; some_rule_ok(item.env_rules, env)}
	]
	most := max([count(subset) | subset := subsets[_]])
	largest := {subset | subset := subsets[_]; count(subset) == most}
	count(largest) == 1
	some kept in largest
}

after_env(items, envs) := [item | item := items[_]; envList_ok(item.env_rules, envs)]

# Capabilities.

kinds_of_capabilities := ["bounding", "effective", "inheritable", "permitted", "ambient"]

default_capabilities(all, inheritable) := {
	"bounding": all, "effective": all, "inheritable": inheritable, "permitted": all, "ambient": [],
}

get_capabilities(container, privileged) := container.capabilities if container.capabilities != null

get_capabilities(container, privileged) := default_capabilities(
	data.defaultPrivilegedCapabilities, data.defaultPrivilegedCapabilities,
) if {
	container.capabilities == null
	container.allow_elevated
	privileged == true
}

get_capabilities(container, privileged) := default_capabilities(data.defaultUnprivilegedCapabilities, []) if {
	container.capabilities == null
	container.allow_elevated
	privileged == false
}

get_capabilities(container, privileged) := default_capabilities(data.defaultUnprivilegedCapabilities, []) if {
	container.capabilities == null
	not container.allow_elevated
}

shared_capabilities(allowed) := {kind: shared |
	kind := kinds_of_capabilities[_]
	shared := {cap | cap := input.capabilities[kind][_]; cap in allowed[kind]}
}

number_of_capabilities(caps) := sum([count(caps[kind]) | kind := kinds_of_capabilities[_]])

largest_capabilities(items, privileged) := largest if {
	shares := [share |
		item := items[_]
		share := shared_capabilities(get_capabilities(item, privileged))
	]
	most := max([number_of_capabilities(share) | share := shares[_]])
	largest := {share | share := shares[_]; number_of_capabilities(share) == most}
}

kept_caps(items, privileged) := input.capabilities if not allow_capability_dropping

kept_caps(items, privileged) := kept if {
	allow_capability_dropping
	largest := largest_capabilities(items, privileged)
	count(largest) == 1
	some kept in largest
}

caps_ok(allowed, asked) if {
	every kind in kinds_of_capabilities { same_members(allowed[kind], asked[kind]) }
}

after_caps(items, caps, privileged) := [item |
	item := items[_]
	caps_ok(get_capabilities(item, privileged), caps)
]

# Containers that are left: by what a process is, then as a container is sealed, then by devices.

create_candidates := [container |
	container := matched_containers[_]
	noNewPrivileges_ok(container.no_new_privileges)
	user_ok(container.user)
	privileged_ok(container.allow_elevated)
	workingDirectory_ok(container.working_dir)
	command_ok(container.command)
	mountList_ok(container)
]

sealed_candidates := [container |
	container := create_candidates[_]
	seccomp_ok(container.seccomp_profile_sha256)
]

exec_candidates := [container |
	container := matched_containers[_]
	workingDirectory_ok(container.working_dir)
	noNewPrivileges_ok(container.no_new_privileges)
	user_ok(container.user)
	some process in container.exec_processes
	command_ok(process.command)
]

external_candidates := [process |
	process := candidate_external_processes[_]
	workingDirectory_ok(process.working_dir)
	command_ok(process.command)
]

same_stdio(items) := allowed if {
	allowed := items[0].allow_stdio_access
	every item in items { item.allow_stdio_access == allowed }
}

# Points.

default create_container := {"allowed": false}

create_container := {
	"allowed": true, "env_list": envs, "caps_list": caps, "allow_stdio_access": stdio,
	"metadata": [
		updating("matches", input.containerID, containers),
		adding("started", input.containerID, {"privileged": input.privileged}),
	],
} if {
	not container_started
	devices_ok
	count(sealed_candidates) > 0
	envs := kept_envs(sealed_candidates)
	fitting := after_env(sealed_candidates, envs)
	count(fitting) > 0
	caps := kept_caps(fitting, input.privileged)
	containers := after_caps(fitting, caps, input.privileged)
	count(containers) > 0
	stdio := same_stdio(containers)
}

default exec_in_container := {"allowed": false}

exec_in_container := {
	"allowed": true, "env_list": envs, "caps_list": caps,
	"metadata": [updating("matches", input.containerID, containers)],
} if {
	container_started
	count(exec_candidates) > 0
	envs := kept_envs(exec_candidates)
	fitting := after_env(exec_candidates, envs)
	count(fitting) > 0
	caps := kept_caps(fitting, container_privileged)
	containers := after_caps(fitting, caps, container_privileged)
	count(containers) > 0
}

default exec_external := {"allowed": false}

exec_external := {"allowed": true, "env_list": envs, "allow_stdio_access": stdio} if {
	count(external_candidates) > 0
	envs := kept_envs(external_candidates)
	processes := after_env(external_candidates, envs)
	count(processes) > 0
	stdio := same_stdio(processes)
}

default shutdown_container := {"allowed": false}

shutdown_container := {"allowed": true, "metadata": [removing("matches", input.containerID)]} if {
	container_started
}

signalled_containers := [container |
	container := matched_containers[_]
	input.signal in container.signals
] if input.isInitProcess

signalled_containers := [container |
	container := matched_containers[_]
	some process in container.exec_processes
	command_ok(process.command)
	input.signal in process.signals
] if not input.isInitProcess

default signal_container_process := {"allowed": false}

signal_container_process := {
	"allowed": true, "metadata": [updating("matches", input.containerID, signalled_containers)],
} if {
	container_started
	count(signalled_containers) > 0
}
`;

# A call is {"server": ..., "tool": ..., "arguments": {...}}. `allow` says whether it passes, `visible` which tools of
# `input.tools` the agent may see. What cannot be judged is refused, and an argument that is null is not given.

default allow := false

allow if {
	input.server == policy.server
	named
	not hidden(input.tool)
	not refused
}

visible contains tool if {
	some tool in input.tools
	not hidden(tool)
}

hidden(tool) if tool in policy.hide

named if policy.tools[input.tool]

named if policy.default == "allow"

arguments := object.get(input, "arguments", {})

refused if {
	some condition in policy.tools[input.tool].require
	breaks(condition)
}

refused if {
	some denial in policy.tools[input.tool].deny_if
	every condition in denial.conditions {
		fits(condition)
	}
}

# Every value on the way to an argument: how many steps it is from the call, and itself.
passed(steps) := [{"depth": count(path), "value": value} |
	walk(arguments, [path, value])
	count(path) <= count(steps)
	every index, step in path {
		leads(steps[index], step)
	}
]

leads(wanted, step) if wanted == step

leads(null, step) if is_number(step)

misshapen(steps) if {
	some at in passed(steps)
	at.depth < count(steps)
	at.value != null
	not suits(steps[at.depth], at.value)
}

suits(step, value) if {
	is_string(step)
	is_object(value)
}

suits(step, value) if {
	not is_string(step)
	is_array(value)
}

given(steps) := [at.value | some at in passed(steps); at.depth == count(steps); at.value != null]

absent(steps) if {
	some at in passed(steps)
	at.depth > 0
	at.value == null
}

absent(steps) if {
	some at in passed(steps)
	at.depth < count(steps)
	suits(steps[at.depth], at.value)
	lacks(steps[at.depth], at.value)
}

lacks(step, value) if {
	is_string(step)
	not step in object.keys(value)
}

lacks(null, value) if count(value) == 0

lacks(step, value) if {
	is_number(step)
	count(value) <= step
}

fits(condition) if misshapen(condition.steps)

fits(condition) if {
	condition.op == "exists"
	condition.value == true
	count(given(condition.steps)) > 0
}

fits(condition) if {
	condition.op == "exists"
	condition.value == false
	absent(condition.steps)
}

fits(condition) if {
	condition.op != "exists"
	some value in given(condition.steps)
	not judged(condition, value)
}

fits(condition) if {
	some value in given(condition.steps)
	judged(condition, value)
	holds(condition, value)
}

breaks(condition) if misshapen(condition.steps)

breaks(condition) if {
	condition.op == "exists"
	condition.value == false
	count(given(condition.steps)) > 0
}

breaks(condition) if {
	not wants_none(condition)
	absent(condition.steps)
}

breaks(condition) if {
	condition.op != "exists"
	some value in given(condition.steps)
	not meets(condition, value)
}

wants_none(condition) if {
	condition.op == "exists"
	condition.value == false
}

meets(condition, value) if {
	judged(condition, value)
	holds(condition, value)
}

judged(condition, value) if {
	condition.op == "regex"
	is_string(value)
}

judged(condition, value) if {
	condition.op in {"lt", "lte", "gt", "gte"}
	is_number(number(value))
}

judged(condition, value) if {
	condition.op in {"eq", "neq", "in", "not_in"}
	not is_object(value)
	not is_array(value)
}

holds(condition, value) if {
	condition.op == "regex"
	regex.match(condition.value, value)
}

holds(condition, value) if {
	condition.op == "lt"
	number(value) < condition.value
}

holds(condition, value) if {
	condition.op == "lte"
	number(value) <= condition.value
}

holds(condition, value) if {
	condition.op == "gt"
	number(value) > condition.value
}

holds(condition, value) if {
	condition.op == "gte"
	number(value) >= condition.value
}

holds(condition, value) if {
	condition.op in {"eq", "in"}
	among(condition.value, value)
}

holds(condition, value) if {
	condition.op in {"neq", "not_in"}
	not among(condition.value, value)
}

among(wanted, value) if {
	some one in wanted
	equal(one, value)
}

equal(one, value) if one == value

equal(one, value) if {
	not two_texts(one, value)
	number(one) == number(value)
}

equal(true, "true")

equal("true", true)

equal(false, "false")

equal("false", false)

two_texts(one, other) if {
	is_string(one)
	is_string(other)
}

number(value) := value if is_number(value)

number(value) := to_number(value) if {
	is_string(value)
	regex.match(`^-?[0-9]{1,40}([.][0-9]{1,40})?([eE][+-]?[0-9]{1,3})?$`, value)
}

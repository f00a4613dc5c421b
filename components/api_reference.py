"""An OpenAPI document as a page to read: operations by resource, each with what it takes."""

import json
from typing import Any

from components.dom import el
from components.feedback import badge, section

Api = dict[str, Any]
_TONES = {"get": "good", "post": "accent", "put": "accent", "patch": "warn", "delete": "danger"}
DEEPEST = 4  # levels of a schema that are spelled out


def show(api: Api, *, base_url: str) -> None:
    """The whole reference. api: OpenAPI 3.1; base_url: of the examples."""
    el("h1", f"{api['info']['title']} API")
    el("p", api["info"]["description"].replace("`", ""))
    with el("p"):
        el("span", "For tools: ")
        el("a", "/api/openapi.json", href="/api/openapi.json")
    for tag in _tags(api):
        with section(tag.capitalize()):
            for path, method, operation in _operations(api):
                if tag in operation.get("tags", ["other"]):
                    _operation(api, path, method, operation, base_url)


def _operations(api: Api) -> list[tuple[str, str, Api]]:
    return [(p, m, o) for p, item in api["paths"].items() for m, o in item.items()]


def _tags(api: Api) -> list[str]:
    return list(dict.fromkeys(t for *_, o in _operations(api) for t in o.get("tags", ["other"])))


def _operation(api: Api, path: str, method: str, operation: Api, base_url: str) -> None:
    with el("details", classes="card"):
        with el("summary", classes="row"):
            badge(method.upper(), tone=_TONES.get(method, ""))  # type: ignore[arg-type]
            el("code", path, classes="mono")
        with el("div", classes="stack"):
            el("p", operation.get("description") or operation.get("summary", ""))
            if parameters := operation.get("parameters"):
                el("h3", "Parameters")
                with el("ul", classes="schema"):
                    for p in parameters:
                        _line(p["name"], p.get("schema", {}), p.get("required", False), p["in"], p)
            for content_type, body in operation.get("requestBody", {}).get("content", {}).items():
                el("h3", f"Body: {content_type}")
                _schema(api, body.get("schema", {}))
            el("h3", "Answers")
            _answers(api, operation["responses"])
            el("h3", "Example")
            el("pre", _curl(api, path, method, operation, base_url), classes="mono", tabindex="0")


def _answers(api: Api, responses: Api) -> None:
    with el("ul", classes="schema"):
        for status, response in responses.items():
            with el("li"):
                el("strong", status)
                el("span", f" {response.get('description', '')}")
                if status.startswith("2"):
                    for body in response.get("content", {}).values():
                        _schema(api, body.get("schema", {}))


def _schema(api: Api, schema: Api, depth: int = 0) -> None:
    schema = _resolved(api, schema)
    required = schema.get("required", [])
    if not schema.get("properties"):
        el("p", _type(schema), classes="muted")
        return
    with el("ul", classes="schema"):
        for name, value in schema["properties"].items():
            _line(name, value, name in required, "", value)
            inner = _resolved(api, value.get("items", value))
            if inner.get("properties") and depth < DEEPEST:
                with el("li"):
                    _schema(api, inner, depth + 1)


def _line(name: str, schema: Api, required: bool, where: str, about: Api) -> None:
    facts = [_type(schema), where and f"in {where}", "required" if required else ""]
    if "default" in schema:
        facts.append(f"default {json.dumps(schema['default'])}")
    with el("li"):
        el("code", name, classes="mono")
        el("span", f" {', '.join(f for f in facts if f)}", classes="muted")
        if text := about.get("description"):
            el("span", f" {text}")


def _type(schema: Api) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type(o) for o in options)
    if "enum" in schema:
        return " | ".join(json.dumps(v) for v in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = schema.get("format") or schema.get("type") or "anything"
    ranges = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
        )
        if key in schema
    ]
    return " ".join([str(kind), *ranges])


def _resolved(api: Api, schema: Api) -> Api:
    while "$ref" in schema:
        schema = api["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _curl(api: Api, path: str, method: str, operation: Api, base_url: str) -> str:
    lines = [f"curl -X {method.upper()} {base_url}{path}"]
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $LIKENESS_API_KEY"')
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        example = _example(api, content["application/json"].get("schema", {}))
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(example)}'"]
    elif "multipart/form-data" in content:
        lines.append("-F files=@photo.jpg")
    return " \\\n  ".join(lines)


def _example(api: Api, schema: Api, depth: int = 0) -> Any:
    schema = _resolved(api, schema)
    if "examples" in schema:
        return schema["examples"][0]
    for key in ("default", "const"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _example(api, options[0], depth)
    if "properties" in schema and depth < DEEPEST:
        names = schema.get("required", list(schema["properties"]))
        return {n: _example(api, schema["properties"][n], depth + 1) for n in names}
    by_type = {"integer": schema.get("minimum", 1), "number": 1.0, "boolean": True, "array": []}
    return by_type.get(schema.get("type", ""), "text")

"""Who may call what: every route is known, and asks for a token unless it is public.

Postern's functions verify tokens themselves, so a route without an authorizer of the gateway is not
an open route. What shows that is `docs/openapi.json`: the functions' tests hold it to the router and
call every operation that asks for a token without one. So the rule is: a route's operation asks for
a token there, or the route is on the public list; where the gateway verifies too, it does so for
every route that is not.

What chat systems and browsers call has no token. `facts/chat-routes.json` names those routes and how each
call proves itself; the flow tests (tests/tests/flows/chat) call them without that proof. They exist only
where what calls them does.
"""

from __future__ import annotations

import json
from typing import Any

from .houses import HOME, House
from .rule import Findings, rule

# The routes of the functions that have but one; every other one is of `api`.
_ALONE = {
    "POST /v1/requests/{id}/credentials": "IssueFunction",
    "GET /v1/targets/{account}/{region}/{id}/readiness": "DoctorFunction",
}
# What their permissions must name of it.
_SOURCES = {
    "IssueFunction": "/POST/v1/requests/*/credentials",
    "DoctorFunction": "/GET/v1/targets/*/*/*/readiness",
}


def _operations(house: House) -> dict[str, bool]:
    """The routes of the API, and whether each asks for a token."""
    description: dict[str, Any] = json.loads(house.source("docs/openapi.json"))
    asked = bool(description.get("security"))
    return {
        f"{method.upper()} {path}": bool(operation.get("security", [{"bearer": []}] if asked else [{}])[0])
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def _answered(house: House) -> set[str]:
    """The operations that the functions of this deployment answer, by what of chat is served."""

    def is_there(route: str) -> bool:
        path = route.partition(" ")[2]
        if path.startswith("/chat/slack/"):
            return house.slack
        if path == "/chat/webhook":
            return house.hook
        return house.chats or not path.startswith(("/chat/", "/v1/chat/"))

    return {route for route in _operations(house) if is_there(route)}


@rule(HOME)
def every_route_is_an_operation(house: House) -> Findings:
    """The routes of the template are the operations of docs/openapi.json that are answered."""
    routes = [route["RouteKey"] for route in house.of("AWS::ApiGatewayV2::Route").values()]
    operations = _answered(house)
    for route in sorted(set(routes) - operations):
        yield f"route `{route}` is no operation of docs/openapi.json, or nobody can call it"
    of_chat = {key for key in _operations(house) if key.partition(" ")[2].startswith("/chat/")}
    for route in sorted(of_chat ^ house.fact("chat-routes.json").keys()):
        yield f"`{route}` is of chat by docs/openapi.json or by facts/chat-routes.json, and not by both"
    for operation in sorted(operations - set(routes)):
        yield f"operation `{operation}` has no route"
    for route in sorted({route for route in routes if routes.count(route) > 1}):
        yield f"route `{route}` stands twice"


@rule(HOME)
def every_route_asks_for_a_token(house: House) -> Findings:
    """A route asks for a token, by the gateway and the function or by the function, or it is public."""
    gateway_verifies = bool(house.of("AWS::ApiGatewayV2::Authorizer"))
    public, chat = house.fact("public-routes.json"), house.fact("chat-routes.json")
    operations = _operations(house)
    for logical, route in house.of("AWS::ApiGatewayV2::Route").items():
        key, by_gateway = route["RouteKey"], route.get("AuthorizationType", "NONE")
        if key in chat:
            # Neither a chat system nor a browser has a token of the gateway's.
            if by_gateway != "NONE":
                yield f"`{key}` is a route of chat, and the gateway asks for a token"
            continue
        if key in public:
            if operations.get(key, False):
                yield f"`{key}` is on the public list, and its operation asks for a token"
            if by_gateway != "NONE":
                yield f"`{key}` is on the public list, and the gateway asks for a token"
            continue
        if not operations.get(key, False):
            yield f"`{key}` asks for no token in the function and is not on the public list"
        if gateway_verifies and (by_gateway != "JWT" or not route.get("AuthorizerId")):
            yield f"`{key}` has no authorizer although the gateway verifies ({logical})"
        if not gateway_verifies and by_gateway != "NONE":
            yield f"`{key}` names an authorizer that does not exist ({logical})"
    for key in sorted(public.keys() - operations.keys()):
        yield f"`{key}` is on the public list and is no operation"


@rule(HOME)
def only_one_route_reaches_issue(house: House) -> Findings:
    """Credentials are handed out by `issue`, instances examined by `doctor`, chat is `chatops`, and all else `api`."""
    functions = house.of("AWS::Lambda::Function")
    integrations = house.of("AWS::ApiGatewayV2::Integration")
    for route in house.of("AWS::ApiGatewayV2::Route").values():
        key = route["RouteKey"]
        integration = integrations.get(str(route["Target"]).removeprefix("integrations/"), {})
        reached = [
            logical
            for logical, function in functions.items()
            if str(integration.get("IntegrationUri", "")).endswith(f":function:{function['FunctionName']}")
        ]
        of_chat = key.partition(" ")[2].startswith(("/chat/", "/v1/chat/"))
        should = _ALONE.get(key, "ChatopsFunction" if of_chat else "ApiFunction")
        if reached != [should]:
            yield f"`{key}` leads to {reached or 'nothing'} and not to `{should}`"


@rule(HOME)
def the_gateway_alone_calls_functions(house: House) -> Findings:
    """Who may invoke a function is named with its account or its source, down to the path for one of one route."""
    for logical, permission in house.of("AWS::Lambda::Permission").items():
        source = str(permission.get("SourceArn", ""))
        if not source:
            yield f"`{logical}` lets {permission['Principal']} invoke without a source"
        for function, path in _SOURCES.items():
            is_to = permission["FunctionName"] == house.the(function).get("FunctionName")
            if is_to and not source.endswith(path):
                yield f"`{logical}` lets `{function}` be invoked for more than its route: {source}"


@rule(HOME)
def calls_are_throttled_and_logged(house: House) -> Findings:
    """The stage has limits, an access log, and no CORS unless an origin was named."""
    for logical, stage in house.of("AWS::ApiGatewayV2::Stage").items():
        settings = stage.get("DefaultRouteSettings", {})
        if not settings.get("ThrottlingBurstLimit") or not settings.get("ThrottlingRateLimit"):
            yield f"`{logical}` has no limits"
        if not stage.get("AccessLogSettings", {}).get("DestinationArn"):
            yield f"`{logical}` has no access log"
    for logical, api in house.of("AWS::ApiGatewayV2::Api").items():
        origins = api.get("CorsConfiguration", {}).get("AllowOrigins", [])
        named = house.parameters.get("AllowedOrigin")
        if origins != ([named] if named else []):
            yield f"`{logical}` lets the pages of {origins} call it"

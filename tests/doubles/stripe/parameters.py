"""Form bodies as Stripe's clients write them, checked against the types that the SDK ships."""

import inspect
import re
import sys
import types
import typing
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import stripe
from stripe.params import (
    CustomerCreateParams,
    EventListParams,
    InvoiceLineItemListParams,
    InvoicePaymentListParams,
    PriceCreateParams,
    PriceListParams,
    ProductCreateParams,
    SubscriptionCancelParams,
    SubscriptionRetrieveParams,
    WebhookEndpointCreateParams,
    WebhookEndpointListParams,
    WebhookEndpointUpdateParams,
    billing_portal,
    checkout,
)
from typing_extensions import is_typeddict

PARAMETERS: dict[tuple[str, str], Any] = {
    ("POST", r"customers"): CustomerCreateParams,
    ("POST", r"products"): ProductCreateParams,
    ("GET", r"prices"): PriceListParams,
    ("POST", r"prices"): PriceCreateParams,
    ("POST", r"checkout/sessions"): checkout.SessionCreateParams,
    ("GET", r"checkout/sessions"): checkout.SessionListParams,
    ("POST", r"billing_portal/sessions"): billing_portal.SessionCreateParams,
    ("GET", r"billing_portal/configurations"): billing_portal.ConfigurationListParams,
    ("POST", r"billing_portal/configurations"): billing_portal.ConfigurationCreateParams,
    ("POST", r"billing_portal/configurations/\w+"): billing_portal.ConfigurationUpdateParams,
    ("GET", r"subscriptions/\w+"): SubscriptionRetrieveParams,
    ("DELETE", r"subscriptions/\w+"): SubscriptionCancelParams,
    ("GET", r"invoices/\w+/lines"): InvoiceLineItemListParams,
    ("GET", r"invoice_payments"): InvoicePaymentListParams,
    ("GET", r"events"): EventListParams,
    ("GET", r"webhook_endpoints"): WebhookEndpointListParams,
    ("POST", r"webhook_endpoints"): WebhookEndpointCreateParams,
    ("POST", r"webhook_endpoints/\w+"): WebhookEndpointUpdateParams,
}
TAKES_NOTHING = dict[str, str]  # every other call


class BadParameter(Exception):
    """What Stripe would answer with 400."""


def decode(method: str, path: str, body: str) -> dict[str, Any]:
    """The parameters as values of the SDK's types. Raises BadParameter for one that is not known.

    path: without `/v1/`.
    """
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        _put(tree, re.findall(r"[^\[\]]+", name), value)
    for (verb, pattern), hint in PARAMETERS.items():
        if verb == method and re.fullmatch(pattern, path):
            return _typed(hint, tree, "")  # type: ignore[no-any-return]
    if tree:
        raise BadParameter(f"Received unknown parameters: {', '.join(tree)}")
    return {}


def _put(tree: dict[str, Any], names: list[str], value: str) -> None:
    for name in names[:-1]:
        tree = tree.setdefault(name, {})
    tree[names[-1]] = value


def _typed(hint: Any, value: Any, at: str) -> Any:
    """The value as the hinted type has it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (NotRequired, Required):
        return _typed(arguments[0], value, at)
    if origin in (Union, types.UnionType):
        return _first_that_fits(arguments, value, at)
    if origin is Literal:
        return _one_of(arguments, value, at)
    if origin in (list, typing.List):  # noqa: UP006
        return [_typed(arguments[0], v, f"{at}[{k}]") for k, v in _indexed(value, at)]
    if is_typeddict(hint):
        return _typed_dict(hint, value, at)
    if origin in (dict, typing.Dict):  # noqa: UP006
        return _expect(dict, value, at)
    return _scalar(hint, value, at)


def _first_that_fits(options: tuple[Any, ...], value: Any, at: str) -> Any:
    failures = []
    for option in options:
        try:
            return _typed(option, value, at)
        except BadParameter as error:
            failures.append(error)
    raise min(failures, key=lambda error: len(str(error)))


def _one_of(options: tuple[Any, ...], value: Any, at: str) -> Any:
    if value not in options:
        raise BadParameter(f"Invalid {at}: must be one of {', '.join(map(str, options[:8]))}")
    return value


def _indexed(value: Any, at: str) -> list[tuple[str, Any]]:
    found = sorted(_expect(dict, value, at).items(), key=lambda pair: int(pair[0]))
    return [(str(key), item) for key, item in found]


def _expect(kind: type, value: Any, at: str) -> Any:
    if not isinstance(value, kind):
        raise BadParameter(f"Invalid {at}: {value!r}")
    return value


def _typed_dict(hint: Any, value: Any, at: str) -> dict[str, Any]:
    names = {**vars(stripe), "StripeContext": object, **vars(typing)}
    module = vars(sys.modules[hint.__module__])
    hints = get_type_hints(hint, {**names, **module}, include_extras=True)
    result = {}
    for name, item in _expect(dict, value, at).items():
        if name not in hints:
            raise BadParameter(f"Received unknown parameter: {at}[{name}]")
        result[name] = _typed(hints[name], item, f"{at}[{name}]" if at else name)
    for name in hint.__required_keys__ - set(result):
        if get_origin(hints[name]) is not NotRequired:
            raise BadParameter(f"Missing required param: {at}[{name}]")
    return result


def _scalar(hint: Any, value: Any, at: str) -> Any:
    _expect(str, value, at)
    if hint is bool:
        return _one_of(("true", "false"), value, at) == "true"
    if hint is int:
        if not re.fullmatch(r"-?\d+", value):
            raise BadParameter(f"Invalid integer: {at}: {value}")
        return int(value)
    if hint is str or not inspect.isclass(hint):
        return value
    raise BadParameter(f"Invalid {at}: {value!r}")

"""Prices have two decimal places, which no JSON Schema can say without refusing 19.99; random ones hardly ever have."""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    items = body.get("items") if isinstance(body, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and isinstance(item.get("price"), float):
            item["price"] = round(item["price"], 2)
    return body

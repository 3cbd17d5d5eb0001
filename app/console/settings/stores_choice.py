"""The stores that a form chooses: all, or some. Pure."""

from app.console.core.errors import ApiProblem
from app.console.core.forms import Form


def chosen_stores(form: Form) -> list[str] | None:
    """None for all. Raises ApiProblem if some are meant and none is checked."""
    if form.text("stores") != "some":
        return None
    chosen = form.texts("store_ids")
    if not chosen:
        message = "Choose at least one store, or all of them."
        wrong = {"field": "stores", "code": "none_chosen", "message": message}
        wrong |= {"accepted": ""}
        raise ApiProblem(422, {"detail": message, "errors": [wrong]})
    return chosen

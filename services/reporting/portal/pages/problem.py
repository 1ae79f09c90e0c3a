"""A page that cannot be shown: in the reader's language, with a way on, and never with what was sent."""

from services.reporting.portal.files import address_of
from services.reporting.portal.locale import PageLocale
from services.reporting.portal.pages.layout import Page

KNOWN = (404, 422, 503)


def page(t: PageLocale, status: int, request_id: str) -> Page:
    kind = status if status in KNOWN else 503 if status >= 500 else 400
    return {
        "t": t,
        "title": t(f"problem_{kind}_title"),
        "text": t(f"problem_{kind}_text"),
        "status": status,
        "request_id": request_id,
        "home": f"/{t.code}/areas/00",
        "other_home": f"/{t.other}/areas/00",
        "file": address_of,
    }

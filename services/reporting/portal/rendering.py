"""Rendering: templates filled in; every value in them is text, whatever it holds."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.reporting.portal.pages.layout import Page

environment = Environment(
    loader=PackageLoader("services.reporting.portal"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def render(name: str, page: Page) -> bytes:
    """Without the indentation that only a writer of templates needs."""
    text = environment.get_template(name).render(page)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()).encode()

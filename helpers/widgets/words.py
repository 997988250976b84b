"""The words of a widget, and a picture of it, for where no kernel keeps it alive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..base.html import Html, join, tag

if TYPE_CHECKING:
    from ..views.svg import Picture

# The words give way to the widget, and hide what Jupyter says where the kernel does not know it: in a notebook that was
# saved, and opened with another kernel.
LOOKS = (
    ".jp-OutputArea-child:has(.kit-words):has(+.jp-OutputArea-child .kit-widget),"
    ".jp-OutputArea-child:has(.kit-words)+.jp-OutputArea-child:not(:has(.kit-widget)){display:none!important}"
)


class WithWords:
    """What is shown in a notebook as two outputs: its words, and the widget, which takes their place while it lives.

    With both in one output JupyterLab takes the widget, even when it can only say *Error displaying widget*.
    """

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        raise NotImplementedError

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle = dict(self._repr_mimebundle_())
        text, html = bundle.pop("text/plain"), Html(bundle.pop("text/html"))
        words = join([tag("style", Html(LOOKS)), tag("div", html, class_="kit-words")])
        display({"text/plain": text, "text/html": words}, raw=True)  # type: ignore[no-untyped-call]
        display({**bundle, "text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]


def with_words(bundle: Any, text: str, html: str, *pictures: Picture) -> dict[str, Any]:
    """What a notebook gets: a widget's own bundle, and where no kernel runs (nbconvert, a code host) pictures of it,
    with the words folded below them."""
    live = bundle[0] if isinstance(bundle, tuple) else bundle
    drawn = [tag("div", Html(one.bundle["text/html"]), style="margin:.4em 0") for one in pictures]
    if drawn:
        html = tag("div", drawn, tag("details", tag("summary", "In words", style="cursor:pointer"), Html(html)))
    return {**(live or {}), "text/html": html, "text/plain": text}

"""NiceGUI's page without what none of ours uses: fewer requests and bytes on a first visit.

The icon fonts, as our icons are drawn; the language that Quasar has built in; the cleaner of
foreign HTML, which is fetched when a page sets some (none of ours does); and the looks of
Quasar's components, as we draw our own.
"""

import re

UNUSED = re.compile(
    rb'@import url\("[^"]*/static/fonts\.css"\) layer\(base\);'
    rb'|<script defer src="[^"]*/static/lang/en-US\.umd\.prod\.js"></script>'
)
PURIFIER = b"""import DOMPurify from "dompurify";
      Element.prototype.setHTML = function (html) {
        this.innerHTML = DOMPurify.sanitize(html);
      };"""
LATER = b"""Element.prototype.setHTML = function (html) {
        import("dompurify").then((it) => { this.innerHTML = it.default.sanitize(html); });
      };"""

LOOKS = re.compile(r"/static/quasar\.unimportant\.prod\.css$")
RULE = re.compile(rb"([^{}]+)\{[^{}]*\}")
OURS = rb"body|dialog|field|layout|loading-bar|menu|notification|notifications|page|page-container"
COMPONENT = re.compile(rb"\.q-(?!(?:%s)(?![a-z-]))[a-z]" % OURS)
COLOUR = re.compile(rb"\s*\.(?:text|bg)-[a-z-]+\d*\s*")


def trimmed(html: bytes) -> bytes:
    """The page without them; what members write is escaped, and never matches."""
    return UNUSED.sub(b"", html.replace(PURIFIER, LATER, 1))


def trimmed_looks(css: bytes) -> bytes:
    """Quasar's stylesheet without the rules of components and colours that no page has."""
    return RULE.sub(lambda rule: b"" if _unused(rule[1]) else rule[0], css)


def _unused(selectors: bytes) -> bool:
    return all(COMPONENT.search(one) or COLOUR.fullmatch(one) for one in selectors.split(b","))

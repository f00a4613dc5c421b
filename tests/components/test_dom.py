"""Elements as static HTML, for the pages that need no script."""

from nicegui import Client
from nicegui.page import page

from components.dom import el, to_html


async def test_what_members_wrote_is_never_markup() -> None:
    client = Client(page(""))
    with client, el("p", "<b>1 & 2</b>", title='"><script>') as root:
        el("img", src="/a.webp", alt="")
        el("input", disabled=True, checked=False, aria_label="x")
    html = to_html(root)
    client.delete()
    assert html == (
        '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;1 &amp; 2&lt;/b&gt;'
        '<img src="/a.webp" alt=""><input disabled aria-label="x"></p>'
    )

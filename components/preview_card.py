"""What a messenger or a site shows of a link to a page: title, a sentence and a picture."""

from html import escape

from components import pictures

ALT = "A photo of Rear Admiral Grace Hopper, and five portraits made of it in Likeness."
Size = tuple[int, int]


def head(
    *,
    base_url: str,
    path: str,
    title: str,
    description: str,
    image: tuple[str, Size, str] | None = None,
) -> str:
    """Tags for the page's head; addresses are absolute, as those who read them need.

    base_url: the installation's public address, without a slash at the end. image: path, width
    and height in pixels, and what it shows; the product's own card without one.
    """
    address, (width, height), alt = image or (pictures.card(), pictures.CARD, ALT)
    properties = {
        "og:type": "website",
        "og:site_name": "Likeness",
        "og:title": title,
        "og:description": description,
        "og:url": base_url + path,
        "og:image": base_url + address,
        "og:image:width": f"{width}",
        "og:image:height": f"{height}",
        "og:image:alt": alt,
    }
    names = {"description": description, "twitter:card": "summary_large_image"}
    return (
        "".join(f'<meta property="{key}" content="{escape(v)}">' for key, v in properties.items())
        + "".join(f'<meta name="{key}" content="{escape(v)}">' for key, v in names.items())
        + f'<link rel="canonical" href="{escape(base_url + path)}">'
    )

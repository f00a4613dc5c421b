"""What kind of browser somebody signed in with, in words that they recognise."""

# the first that occurs in the user agent wins: most browsers claim to be several others
_BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> str:
    """Such as `Firefox on Linux`; `Unknown browser` for programs."""
    browser = next((v for k, v in _BROWSERS.items() if k in user_agent), None)
    system = next((v for k, v in _SYSTEMS.items() if k in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"

"""The ways in which a page can have its browser go somewhere."""

from __future__ import annotations

from typing import Final

_ELEMENT: Final = "u => { const e = document.createElement('%s'); %s = u; document.body.append(e) }"
_LINK: Final = """u => {
    const e = document.createElement('link')
    e.rel = '%s'; e.href = u; e.as = 'script'
    document.head.append(e)
}"""

WAYS: Final = {
    "fetch": "u => { fetch(u, {mode: 'no-cors'}).catch(() => {}) }",
    "post": "u => { fetch(u, {method: 'POST', body: 'x', mode: 'no-cors'}).catch(() => {}) }",
    "xhr": "u => { const x = new XMLHttpRequest(); x.open('GET', u); x.send() }",
    "beacon": "u => { navigator.sendBeacon(u, 'x') }",
    "events": "u => { new EventSource(u) }",
    "socket": "u => { new WebSocket(u.replace('http', 'ws')) }",
    "image": "u => { new Image().src = u }",
    "script": _ELEMENT % ("script", "e.src"),
    "iframe": _ELEMENT % ("iframe", "e.src"),
    "embed": _ELEMENT % ("embed", "e.src"),
    "object": _ELEMENT % ("object", "e.data"),
    "video": _ELEMENT % ("video", "e.src"),
    "style": _LINK % "stylesheet",
    "preload": _LINK % "preload",
    "prefetch": _LINK % "prefetch",
    "module": _LINK % "modulepreload",
    "font": "u => { new FontFace('f', `url(${u})`).load().catch(() => {}) }",
    "worker": """u => {
        const script = `fetch('${u}', {mode: 'no-cors'}).catch(() => {})`
        new Worker(URL.createObjectURL(new Blob([script])))
    }""",
    "shared worker": """u => {
        const script = `fetch('${u}', {mode: 'no-cors'}).catch(() => {})`
        new SharedWorker(URL.createObjectURL(new Blob([script])))
    }""",
    "service worker": "async u => { await navigator.serviceWorker.register('/worker.js?to=' + u) }",
    "location": "u => { location = u }",
    "form": """u => {
        const form = document.createElement('form')
        form.action = u; form.method = 'post'
        document.body.append(form)
        form.submit()
    }""",
    "refresh": """u => {
        const meta = document.createElement('meta')
        meta.httpEquiv = 'refresh'; meta.content = '0; url=' + u
        document.head.append(meta)
    }""",
    "popup": "u => { window.open(u) }",
    "opener": "u => { window.open('about:blank').location = u }",
    "download": """u => {
        const link = document.createElement('a')
        link.href = u; link.download = 'x'
        document.body.append(link)
        link.click()
    }""",
    "ping": """u => {
        const link = document.createElement('a')
        link.href = '#'; link.ping = u
        document.body.append(link)
        link.click()
    }""",
}
"""Each makes a page of the site try to reach a URL in some way of its own."""

"""Renders GitHub's Markdown by GitHub's own parser, and says what a reader would get.

Standard input holds a JSON list of texts; standard output gets a JSON list of what became of them. Comments are rendered
as GitHub does it: line ends count. Issues, mentions and links in plain text are what GitHub would find there.
"""

import json
import re
import sys
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

FOUND_IN_TEXT = re.compile(r"@[A-Za-z0-9]|#\d|\bgh-\d|\$[^ ]", re.IGNORECASE)
VOID = {"br", "hr", "img", "input"}
# Stands around a dollar sign, so that it begins no formula.
SHOWS_NOTHING = {"span"}


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements, self.links, self.found, self.text = [], [], [], []
        self.open = []

    def handle_starttag(self, tag, attributes):
        if tag in SHOWS_NOTHING and not attributes:
            return
        self.elements.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID | SHOWS_NOTHING:
            self.elements.append("/" + tag)
            assert self.open.pop() == tag, "elements overlap"

    def handle_data(self, text):
        self.text.append(text)
        if not {"a", "code", "pre"} & set(self.open):
            self.found += FOUND_IN_TEXT.findall(text)


def read(markdown):
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS)
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, "an element is left open"
    told = {name: getattr(reader, name) for name in ("elements", "links", "found")}
    return told | {"html": html, "text": "".join(reader.text)}


json.dump([read(markdown) for markdown in json.load(sys.stdin)], sys.stdout)
